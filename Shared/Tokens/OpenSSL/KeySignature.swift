import COpenSSL

extension KeyHandle {
    /// Signs a message with the private key, in the form JWS wants.
    func sign(_ message: [UInt8]) throws(TokenError) -> [UInt8] {
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { throw .cryptography(.sign) }
        defer { EVP_MD_CTX_free(context) }
        var count = 0
        guard EVP_DigestSignInit_ex(context, nil, digestName, nil, nil, pointer, nil) == 1,
            EVP_DigestSign(context, nil, &count, message, message.count) == 1
        else { throw .cryptography(.sign) }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            throw .cryptography(.sign)
        }
        signature.removeLast(signature.count - count)
        guard kind == .p256 else { return signature }
        guard let raw = ECDSASignature.raw(der: signature) else { throw .cryptography(.sign) }
        return raw
    }

    /// Whether a signature in the form of JWS is that of this key for the message.
    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        defer { ERR_clear_error() }
        guard let native = kind == .p256 ? ECDSASignature.der(raw: signature) : signature,
            let context = EVP_MD_CTX_new()
        else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit_ex(context, nil, digestName, nil, nil, pointer, nil) == 1
            && EVP_DigestVerify(context, native, native.count, message, message.count) == 1
    }

    /// Ed25519 digests by itself and wants no name.
    private var digestName: String? {
        switch kind {
        case .ed25519: nil
        case .p256: "SHA256"
        }
    }
}

/// The two forms of an ECDSA signature: DER for OpenSSL; r and s side by side for JWS (RFC 7518, section 3.4).
enum ECDSASignature {
    private static let halfBytes = JWK.Material.coordinateBytes

    static func raw(der: [UInt8]) -> [UInt8]? {
        let parsed = der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_ECDSA_SIG(nil, &start, buffer.count)
        }
        guard let parsed else { return nil }
        defer { ECDSA_SIG_free(parsed) }
        guard let r = bytes(of: ECDSA_SIG_get0_r(parsed)), let s = bytes(of: ECDSA_SIG_get0_s(parsed)) else {
            return nil
        }
        return r + s
    }

    static func der(raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 2 * halfBytes, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        let r = BN_bin2bn(Array(raw.prefix(halfBytes)), Int32(halfBytes), nil)
        let s = BN_bin2bn(Array(raw.suffix(halfBytes)), Int32(halfBytes), nil)
        // On success the pair owns both numbers; BN_free of nil does nothing.
        guard ECDSA_SIG_set0(pair, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        let count = i2d_ECDSA_SIG(pair, nil)
        guard count > 0 else { return nil }
        var der = [UInt8](repeating: 0, count: Int(count))
        let written = der.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            return i2d_ECDSA_SIG(pair, &start)
        }
        return written == count ? der : nil
    }

    private static func bytes(of number: OpaquePointer?) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: halfBytes)
        guard let number, BN_bn2binpad(number, &bytes, Int32(halfBytes)) == Int32(halfBytes) else {
            return nil
        }
        return bytes
    }
}
