import COpenSSL

/// SHA-256, and HMAC with it.
public enum Digest {
    /// The length of both, in bytes.
    public static let byteCount = 32

    /// Fetched once: OpenSSL 3 looks an algorithm up by its name each time that it is given the constant.
    ///
    /// Immutable, and safe to use from all threads at once.
    nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    /// The SHA-256 of some bytes.
    public static func sha256(_ input: [UInt8]) -> [UInt8] { sha256(input, first: byteCount) }

    /// The first bytes of the SHA-256 of some bytes, at most all of them.
    public static func sha256(_ input: [UInt8], first count: Int) -> [UInt8] {
        var digest: [UInt8] = []
        input.withUnsafeBytes { Digester().add(sha256: $0, first: count, to: &digest) }
        return digest
    }

    /// The HMAC (RFC 2104) with SHA-256 of a message under a key.
    public static func hmacSHA256(
        _ message: some Collection<UInt8>, key: [UInt8]
    ) throws(TokenError) -> [UInt8] {
        defer { ERR_clear_error() }
        let input = Array(message)
        var code = [UInt8](repeating: 0, count: byteCount)
        var written = 0
        let done = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key, key.count, input, input.count, &code, code.count, &written)
        guard done != nil, written == byteCount else { throw .cryptography(.sign) }
        return code
    }
}
