import COpenSSL

/// Random bytes that nobody can guess.
public enum SecureRandom {
    /// Draws so many bytes from OpenSSL's generator for secrets.
    public static func bytes(_ count: Int) throws(TokenError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        guard let length = Int32(exactly: bytes.count), RAND_priv_bytes(&bytes, length) == 1 else {
            ERR_clear_error()
            throw .cryptography(.random)
        }
        return bytes
    }
}
