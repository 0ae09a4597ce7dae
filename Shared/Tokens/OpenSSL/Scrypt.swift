import COpenSSL

/// The derivation of RFC 7914.
enum Scrypt {
    /// Derives `count` bytes; takes the time and memory of `cost` and blocks meanwhile.
    static func derive(
        password: [UInt8], salt: [UInt8], cost: ScryptParameters, count: Int
    ) throws(TokenError) -> [UInt8] {
        defer { ERR_clear_error() }
        var key = [UInt8](repeating: 0, count: count)
        // OpenSSL's own cap is 32 MiB, so it is told what these parameters need.
        let done = password.withUnsafeBytes { bytes in
            EVP_PBE_scrypt(
                bytes.bindMemory(to: CChar.self).baseAddress, bytes.count, salt, salt.count,
                UInt64(cost.n), UInt64(cost.r), UInt64(cost.p), UInt64(cost.memoryBytes), &key, key.count)
        }
        guard done == 1 else { throw .cryptography(.derive) }
        return key
    }
}
