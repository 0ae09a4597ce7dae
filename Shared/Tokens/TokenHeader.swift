/// The header of a token (RFC 7515, section 4.1), of which we use three members.
///
/// `jku`, `jwk`, `x5u`, `x5c` would let a token bring its own key; they are never read (RFC 8725, section 3.10).
struct TokenHeader: Codable, Sendable {
    /// What we write (RFC 9068, section 2.1).
    static let accessTokenType = "at+jwt"

    var alg: String
    var typ: String?
    var kid: String?
    var demandsExtensions = false

    private enum CodingKeys: String, CodingKey {
        case alg, typ, kid, crit
    }

    init(algorithm: TokenAlgorithm, kid: String?) {
        alg = algorithm.rawValue
        typ = Self.accessTokenType
        self.kid = kid
    }

    init(from decoder: any Decoder) throws {
        let header = try decoder.container(keyedBy: CodingKeys.self)
        alg = try header.decode(String.self, forKey: .alg)
        typ = try header.decodeIfPresent(String.self, forKey: .typ)
        kid = try header.decodeIfPresent(String.self, forKey: .kid)
        demandsExtensions = header.contains(.crit)
    }

    func encode(to encoder: any Encoder) throws {
        var header = encoder.container(keyedBy: CodingKeys.self)
        try header.encode(alg, forKey: .alg)
        try header.encodeIfPresent(typ, forKey: .typ)
        try header.encodeIfPresent(kid, forKey: .kid)
    }

    /// The algorithm the token claims, once all that needs no key has been checked.
    func checkedAlgorithm() throws(TokenError) -> TokenAlgorithm {
        guard !demandsExtensions else { throw .invalid(.critical) }
        guard let algorithm = TokenAlgorithm(rawValue: alg) else { throw .invalid(.algorithm) }
        guard isAccessToken else { throw .invalid(.type) }
        return algorithm
    }

    /// Media types have no case, and `application/` may be left out (RFC 7515, section 4.1.9).
    private var isAccessToken: Bool {
        guard let type = typ?.lowercased() else { return false }
        return type == Self.accessTokenType || type == "application/\(Self.accessTokenType)"
    }
}
