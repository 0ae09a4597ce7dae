internal import Glibc

/// Literal IP addresses: their bytes, the one way in which we write them, and whom they count for.
enum AddressText {
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

    /// Writes 4 or 16 bytes, always in the same way (RFC 5952).
    static func text(of bytes: [UInt8]) -> String? {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil
        else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Reads an address as proxies write it, alone or with a port: `192.0.2.1:80`, `[::1]:80`, `[::1]`.
    static func forwarded(_ text: String) -> [UInt8]? {
        if let bytes = bytes(of: text) { return bytes }
        guard let (host, port) = split(text), port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return bytes(of: host)
    }

    private static func split(_ text: String) -> (host: String, port: Substring)? {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            let host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":"), host.contains(":") else { return nil }
            return (String(host), rest.dropFirst())
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[1].isEmpty ? (String(parts[0]), parts[1]) : nil
    }
}
