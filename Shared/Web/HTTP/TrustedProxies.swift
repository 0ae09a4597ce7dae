/// The proxies whose word about a client's address is taken.
///
/// `X-Forwarded-For` is written from left to right by each proxy on the way: the rightmost address that is no
/// trusted proxy is the client; what stands further left is hearsay.
public struct TrustedProxies: Sendable, Hashable {
    private let ranges: [AddressRange]

    /// Trusts nobody.
    public init() { ranges = [] }

    /// Reads addresses and CIDR ranges with commas between them; nil where one is neither.
    public init?(_ text: String) {
        var ranges: [AddressRange] = []
        for entry in text.split(separator: ",") {
            guard let range = AddressRange(entry.filter { !$0.isWhitespace }) else { return nil }
            ranges.append(range)
        }
        self.ranges = ranges
    }

    /// The address of the client behind a request.
    public func client(of request: Request) -> String {
        // Each proxy adds its word behind a comma, whatever stands before: no quote of a client's may swallow that.
        let words = request.headers.values("X-Forwarded-For").flatMap { $0.split(separator: ",") }
        let forwarded = words.map { Headers.trimmed(String($0)) }.filter { !$0.isEmpty }
        return client(peer: request.peerAddress, forwarded: forwarded)
    }

    /// The address of the client, by the socket's peer and the list that came with the request.
    ///
    /// Proxies may add a port to an address, which is left off, and write it as they like: each address has one
    /// text here, so that it counts once.
    public func client(peer: String, forwarded: [String]) -> String {
        guard var client = AddressText.bytes(of: peer) else { return peer }
        for text in forwarded.reversed() {
            guard trusts(client), let next = AddressText.forwarded(text) else { break }
            client = next
        }
        return AddressText.text(of: client) ?? peer
    }

    /// Whether this address is a proxy's.
    public func contains(_ address: String) -> Bool { AddressText.bytes(of: address).map(trusts) ?? false }

    private func trusts(_ address: [UInt8]) -> Bool { ranges.contains { $0.contains(address) } }
}

/// Addresses that share their first bits (RFC 4632).
private struct AddressRange: Sendable, Hashable {
    let bytes: [UInt8]
    let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = AddressText.bytes(of: String(first)) else { return nil }
        guard let bits = parts.count == 1 ? bytes.count * 8 : Int(parts[1]),
            (0...bytes.count * 8).contains(bits)
        else { return nil }
        self.bytes = bytes
        self.bits = bits
    }

    func contains(_ address: [UInt8]) -> Bool {
        guard address.count == bytes.count else { return false }
        let whole = bits / 8
        guard address.prefix(whole) == bytes.prefix(whole) else { return false }
        let rest = bits % 8
        return rest == 0 || (address[whole] ^ bytes[whole]) >> UInt8(8 - rest) == 0
    }
}
