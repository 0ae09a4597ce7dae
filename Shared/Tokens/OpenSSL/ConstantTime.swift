import COpenSSL

/// Comparison whose time tells nothing of where two values differ.
public enum ConstantTime {
    /// Whether the bytes are the same; only a difference in length is found early.
    public static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }
}
