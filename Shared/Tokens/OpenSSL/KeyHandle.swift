import COpenSSL

/// Owner of one OpenSSL key, private or public, of one of our two kinds.
///
/// Unchecked because the pointer is not Sendable by itself: the key never changes after `init`, and OpenSSL 3
/// allows any number of threads to use an unchanging key; each operation makes its own context.
final class KeyHandle: @unchecked Sendable {
    enum Kind: Sendable {
        case ed25519
        case p256

        static let p256GroupName = "prime256v1"
    }

    let kind: Kind
    let pointer: OpaquePointer

    /// Takes over the pointer, which is freed here if it is of no kind of ours.
    private init(owning pointer: OpaquePointer) throws(TokenError) {
        guard let kind = Self.kind(of: pointer) else {
            EVP_PKEY_free(pointer)
            throw .unsupportedKey
        }
        self.pointer = pointer
        self.kind = kind
    }

    deinit {
        EVP_PKEY_free(pointer)
    }

    /// Makes a new private key.
    static func generate(_ kind: Kind) throws(TokenError) -> KeyHandle {
        defer { ERR_clear_error() }
        // By number: a context made by name keeps the pointer to the name, which a Swift string cannot give.
        let number =
            switch kind {
            case .ed25519: EVP_PKEY_ED25519
            case .p256: EVP_PKEY_EC
            }
        guard let context = EVP_PKEY_CTX_new_id(number, nil) else { throw .cryptography(.key) }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else { throw .cryptography(.key) }
        if kind == .p256, EVP_PKEY_CTX_set_group_name(context, Kind.p256GroupName) != 1 {
            throw .cryptography(.key)
        }
        var pointer: OpaquePointer?
        guard EVP_PKEY_generate(context, &pointer) == 1, let pointer else { throw .cryptography(.key) }
        return try KeyHandle(owning: pointer)
    }

    /// Reads an unencrypted private key in PEM.
    convenience init(privatePEM text: String) throws(TokenError) {
        defer { ERR_clear_error() }
        let bytes = Array(text.utf8)
        guard let memory = BIO_new(BIO_s_mem()) else { throw .cryptography(.key) }
        defer { BIO_free(memory) }
        // Written, not lent: a lent buffer would have to outlive this call.
        guard let length = Int32(exactly: bytes.count), BIO_write(memory, bytes, length) == length else {
            throw .unreadableKey
        }
        // Without a callback OpenSSL would ask the terminal for the password of an encrypted key.
        guard let pointer = PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil) else {
            throw .unreadableKey
        }
        try self.init(owning: pointer)
        try checkHalves()
    }

    /// Makes a public key of its coordinates; a point that is not on the curve is refused.
    convenience init(publicMaterial: JWK.Material) throws(TokenError) {
        defer { ERR_clear_error() }
        let pointer =
            switch publicMaterial {
            case .ed25519(let x): EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count)
            case .p256(let x, let y): Self.readPublicKeyInfo(Self.p256InfoPrefix + x + y)
            }
        guard let pointer else { throw .unreadableKey }
        try self.init(owning: pointer)
    }

    /// The private key as PKCS#8 in PEM, unencrypted.
    func privatePEM() throws(TokenError) -> String {
        defer { ERR_clear_error() }
        guard let memory = BIO_new(BIO_s_mem()) else { throw .cryptography(.key) }
        defer { BIO_free(memory) }
        guard PEM_write_bio_PKCS8PrivateKey(memory, pointer, nil, nil, 0, nil, nil) == 1 else {
            throw .cryptography(.key)
        }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(memory))
        guard let length = Int32(exactly: bytes.count), BIO_read(memory, &bytes, length) == length else {
            throw .cryptography(.key)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The coordinates of the public half.
    func publicMaterial() throws(TokenError) -> JWK.Material {
        defer { ERR_clear_error() }
        switch kind {
        case .ed25519:
            var x = [UInt8](repeating: 0, count: JWK.Material.coordinateBytes)
            var count = x.count
            guard EVP_PKEY_get_raw_public_key(pointer, &x, &count) == 1, count == x.count else {
                throw .cryptography(.key)
            }
            return .ed25519(x: x)
        case .p256:
            return .p256(
                x: try coordinate(OSSL_PKEY_PARAM_EC_PUB_X), y: try coordinate(OSSL_PKEY_PARAM_EC_PUB_Y))
        }
    }

    // MARK: Private help

    /// DER of a SubjectPublicKeyInfo for P-256 up to and with the mark of an uncompressed point (RFC 5480, section 2).
    private static let p256InfoPrefix: [UInt8] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86,
        0x48,
        0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ]

    private static func readPublicKeyInfo(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_PUBKEY(nil, &start, buffer.count)
        }
    }

    private static func kind(of pointer: OpaquePointer) -> Kind? {
        if EVP_PKEY_is_a(pointer, "ED25519") == 1 { return .ed25519 }
        guard EVP_PKEY_is_a(pointer, "EC") == 1 else { return nil }
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard EVP_PKEY_get_group_name(pointer, &name, name.count, &count) == 1,
            (0..<name.count).contains(count),
            name.prefix(count).elementsEqual(Kind.p256GroupName.utf8.map { CChar(bitPattern: $0) })
        else { return nil }
        return .p256
    }

    private func checkHalves() throws(TokenError) {
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, pointer, nil) else { throw .cryptography(.key) }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_pairwise_check(context) == 1 else { throw .unreadableKey }
    }

    private func coordinate(_ name: String) throws(TokenError) -> [UInt8] {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, name, &number) == 1 else { throw .cryptography(.key) }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: JWK.Material.coordinateBytes)
        let length = Int32(JWK.Material.coordinateBytes)
        guard BN_bn2binpad(number, &bytes, length) == length else { throw .cryptography(.key) }
        return bytes
    }
}
