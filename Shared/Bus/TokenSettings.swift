public import Tokens

/// How tokens are judged: the same for all services of a cluster.
public struct TokenSettings: Sendable {
    /// How tokens are signed.
    public var algorithm: TokenAlgorithm
    /// The secret of HS256, 32 bytes or more.
    public var secret: [UInt8]
    /// Who issues tokens.
    public var issuer: String
    /// Whom they are for.
    public var audience: String

    /// Takes the parts.
    public init(algorithm: TokenAlgorithm, secret: [UInt8], issuer: String, audience: String) {
        self.algorithm = algorithm
        self.secret = secret
        self.issuer = issuer
        self.audience = audience
    }
}
