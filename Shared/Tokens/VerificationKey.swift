/// What signatures are checked against: a public key or a secret, with the one algorithm that belongs to it.
enum VerificationKey: Sendable {
    case publicKey(KeyHandle)
    case secret(HMACSecret)

    var algorithm: TokenAlgorithm {
        switch self {
        case .publicKey(let handle):
            switch handle.kind {
            case .ed25519: .eddsa
            case .p256: .es256
            }
        case .secret: .hs256
        }
    }

    func accepts(_ signature: [UInt8], of input: [UInt8]) -> Bool {
        switch self {
        case .publicKey(let handle):
            return handle.verifies(signature, of: input)
        case .secret(let secret):
            guard let code = try? secret.code(of: input) else { return false }
            return ConstantTime.areEqual(code, signature)
        }
    }
}
