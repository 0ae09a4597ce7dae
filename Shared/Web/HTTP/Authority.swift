/// The host and port of a request: `example.org`, `192.0.2.1:80`, `[::1]:8080`; RFC 3986, 3.2.
///
/// User information has no place in it (RFC 9110, 4.2.4): it would hide which host is meant.
enum Authority {
    static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        guard let host = host(of: Array(bytes)[...]) else { return false }
        return host.isLiteral
            ? isAddress(host.bytes) : !host.bytes.isEmpty && host.bytes.allSatisfy(isNameByte)
    }

    /// Takes a port off the end, and brackets off the rest.
    private static func host(of bytes: ArraySlice<UInt8>) -> (bytes: ArraySlice<UInt8>, isLiteral: Bool)? {
        guard bytes.first == UInt8(ascii: "[") else {
            let name = bytes.prefix { $0 != UInt8(ascii: ":") }
            return isPort(bytes.dropFirst(name.count)) ? (name, false) : nil
        }
        let literal = bytes.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        let rest = bytes.dropFirst(literal.count + 1)
        return rest.first == UInt8(ascii: "]") && isPort(rest.dropFirst()) ? (literal, true) : nil
    }

    /// Nothing, or a colon and digits; the digits may be missing (RFC 3986, 3.2.3).
    private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let colon = bytes.first else { return true }
        let digits = bytes.dropFirst()
        guard colon == UInt8(ascii: ":"), digits.count <= 5 else { return false }
        return digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// The letters of an IPv6 address; which addresses there are is for those to say who use them.
    private static func isAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count >= 2
            && bytes.allSatisfy {
                PercentCoding.hexDigit($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
    }

    /// What a registered name is made of: unreserved, sub-delimiters, and `%` of escapes.
    private static func isNameByte(_ byte: UInt8) -> Bool { nameBytes.contains(byte) }

    private static let nameBytes = ByteTable(lettersDigitsAnd: "-._~%!$&'()*+;=")
}
