/// Whom connections of an address count for: an IPv4 address itself, the /64 of an IPv6 address.
///
/// Whoever has one IPv6 address has 2^64 of them: a limit for each would be none.
public struct AddressKey: Hashable, Sendable {
    /// The address, or the network with its length.
    public let text: String

    /// Finds the key of an address; what is none counts for itself.
    public init(_ address: String) {
        guard let bytes = AddressText.bytes(of: address), bytes.count == 16 else {
            text = address
            return
        }
        let network = Array(bytes.prefix(8)) + [UInt8](repeating: 0, count: 8)
        text = AddressText.text(of: network).map { $0 + "/64" } ?? address
    }

    /// Whether this very machine is meant.
    public var isLoopback: Bool { text.hasPrefix("127.") || text == "::/64" }
}
