internal import Glibc

/// The proxies whose word about a client's address is taken.
///
/// `X-Forwarded-For` is written from left to right by each proxy on the way: the rightmost address that is no
/// trusted proxy is the client; what stands further left is hearsay.
public struct TrustedProxies: Sendable, Hashable {
    private let ranges: [AddressRange]

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
        client(peer: request.peerAddress, forwarded: request.headers.list("X-Forwarded-For"))
    }

    /// The address of the client, by the socket's peer and the list that came with the request.
    public func client(peer: String, forwarded: [String]) -> String {
        var client = peer
        for address in forwarded.reversed() {
            guard trusts(client), AddressRange.bytes(of: address) != nil else { return client }
            client = address
        }
        return client
    }

    private func trusts(_ address: String) -> Bool {
        guard let bytes = AddressRange.bytes(of: address) else { return false }
        return ranges.contains { $0.contains(bytes) }
    }
}

/// Addresses that share their first bits (RFC 4632).
private struct AddressRange: Sendable, Hashable {
    let bytes: [UInt8]
    let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = AddressRange.bytes(of: String(first)) else { return nil }
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

    /// The 4 or 16 bytes of a literal address; an IPv4 address mapped into IPv6 has 4.
    static func bytes(of text: String) -> [UInt8]? {
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: &v4) { Array($0) } }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: &v6) { Array($0) }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }
}
