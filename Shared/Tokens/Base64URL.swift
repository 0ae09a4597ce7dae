/// The base64url form of RFC 7515, section 2: no padding, no line breaks, no white space.
///
/// Decoding is strict. Every byte string has exactly one text, so a token cannot be respelt and stay valid.
public enum Base64URL {
    /// Writes bytes as text.
    public static func encode(_ bytes: some Collection<UInt8>) -> String {
        Base64Alphabet.url.encode(bytes)
    }

    /// Reads text, or returns nil where it is not the one canonical form of some bytes.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        Base64Alphabet.url.decode(text.utf8)
    }

    /// Reads ASCII bytes, or returns nil where they are not the one canonical form of some bytes.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        Base64Alphabet.url.decode(text)
    }
}

/// Unpadded base 64 over one of its two alphabets: `url` for tokens, `standard` for stored password strings.
struct Base64Alphabet: Sendable {
    static let url = Base64Alphabet(last: "-_")
    static let standard = Base64Alphabet(last: "+/")

    private static let invalid: UInt8 = 0xFF

    private let symbols: [UInt8]
    /// 256 entries, so that any byte may index it.
    private let values: [UInt8]

    private init(last: String) {
        symbols = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(last)".utf8)
        var values = [UInt8](repeating: Self.invalid, count: 256)
        for (value, symbol) in symbols.enumerated() {
            values[Int(symbol)] = UInt8(value)
        }
        self.values = values
    }

    func encode(_ bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count * 4 + 2) / 3)
        var pending: UInt32 = 0
        var bits = 0
        for byte in bytes {
            pending = pending << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(symbols[Int(pending >> UInt32(bits) & 0x3F)])
            }
        }
        if bits > 0 {
            text.append(symbols[Int(pending << UInt32(6 - bits) & 0x3F)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 2)
        var pending: UInt32 = 0
        var bits = 0
        for symbol in text {
            let value = values[Int(symbol)]
            guard value != Self.invalid else { return nil }
            pending = pending << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
        }
        // Left-over bits that are not zero would be a second spelling of the same bytes (RFC 4648, 3.5).
        guard pending & (1 << UInt32(bits) - 1) == 0 else { return nil }
        return bytes
    }
}
