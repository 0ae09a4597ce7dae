/// Makes access tokens (RFC 9068) with one key.
public struct TokenSigner: Sendable {
    private enum Means: Sendable {
        case key(SigningKey)
        case secret(HMACSecret)
    }

    private let means: Means

    /// Signs with the algorithm of a key; tokens name it by `kid`.
    public init(key: SigningKey) {
        means = .key(key)
    }

    /// Signs with HS256; the secret needs 32 bytes or more.
    public init(hs256Secret: [UInt8]) throws(TokenError) {
        means = .secret(try HMACSecret(hs256Secret))
    }

    /// Signs claims as a compact token of type `at+jwt`.
    ///
    /// Claims too many for a verifier to accept are refused here already.
    public func sign(_ claims: TokenClaims) throws(TokenError) -> String {
        let header = Base64URL.encode(try TokenCoding.encode(self.header))
        let input = "\(header).\(Base64URL.encode(try TokenCoding.encode(claims)))"
        let token = "\(input).\(Base64URL.encode(try signature(of: Array(input.utf8))))"
        guard token.utf8.count <= CompactToken.maxBytes else { throw .invalid(.tooLarge) }
        return token
    }

    private var header: TokenHeader {
        switch means {
        case .key(let key): TokenHeader(algorithm: key.algorithm, kid: key.kid)
        case .secret: TokenHeader(algorithm: .hs256, kid: nil)
        }
    }

    private func signature(of input: [UInt8]) throws(TokenError) -> [UInt8] {
        switch means {
        case .key(let key): try key.handle.sign(input)
        case .secret(let secret): try secret.code(of: input)
        }
    }
}
