/// Decides whether an access token is to be believed, by the rules of RFC 8725 and RFC 9068.
///
///     size → three parts → header strict → key by kid → its algorithm = alg → signature → claims → expiry
///
/// Nothing of the payload is read before the signature holds. A verifier has public keys or a secret, never both,
/// so that no public key can be taken for a secret. It is a value: for new keys, make a new one.
public struct TokenVerifier: Sendable {
    /// The most bytes a token may have.
    public static let maxTokenBytes = CompactToken.maxBytes
    /// How many seconds the clocks of issuer and verifier may differ, where nothing else is said.
    public static let usualLeeway = 30

    private enum Keys: Sendable {
        case named([String: [VerificationKey]])
        case single(VerificationKey)
    }

    private let keys: Keys
    private let rules: ClaimRules

    /// Verifies by an issuer's public keys, looked up by `kid`.
    ///
    /// `leeway` is how many seconds the clocks of issuer and verifier may differ. A key whose point is not on its
    /// curve is left out.
    public init(keys: KeySet, issuer: String, audience: String, leeway: Int = usualLeeway) {
        var named: [String: [VerificationKey]] = [:]
        for key in keys.keys {
            guard let handle = try? KeyHandle(publicMaterial: key.material) else { continue }
            named[key.kid, default: []].append(.publicKey(handle))
        }
        self.keys = .named(named)
        rules = ClaimRules(issuer: issuer, audience: audience, leeway: leeway)
    }

    /// Verifies HS256 by a secret of 32 bytes or more; `kid` has no meaning there and is ignored.
    public init(
        hs256Secret: [UInt8], issuer: String, audience: String, leeway: Int = usualLeeway
    ) throws(TokenError) {
        keys = .single(.secret(try HMACSecret(hs256Secret)))
        rules = ClaimRules(issuer: issuer, audience: audience, leeway: leeway)
    }

    /// Returns the claims of a token that is good at the second `now`.
    ///
    /// Throws `.expired` if expiry is all that is wrong, else `.invalid`.
    public func verify(_ token: some StringProtocol, now: Int) throws(TokenError) -> TokenClaims {
        var nothing = KnownSignatures(limit: 1)
        return try verify(token, now: now, remembering: &nothing).claims
    }

    /// As `verify`, but a signature that is known to be good is not verified again; says by which key it is good, too.
    ///
    /// `known` must hold what was verified by these very keys. A secret is quicker than a memory would be.
    public func verify(
        _ token: some StringProtocol, now: Int, remembering known: inout KnownSignatures
    ) throws(TokenError) -> (claims: TokenClaims, keyID: String?) {
        let parts = try CompactToken(token)
        let header = try known.header(parts.header)
        let key = try key(named: header.kid, for: try header.checkedAlgorithm())
        let isGenuine = { key.accepts(parts.signature, of: parts.signingInput) }
        guard key.algorithm == .hs256 ? isGenuine() : known.accepts(String(token), isGenuine) else {
            throw .invalid(.signature)
        }
        let claims = try TokenCoding.decode(TokenClaims.self, from: parts.payload, orElse: .claims)
        try rules.check(claims, now: now)
        return (claims, key.algorithm == .hs256 ? nil : header.kid)
    }

    /// Whether tokens by this key are believed still; nil is the secret's.
    public func believes(keyID: String?) -> Bool {
        guard case .named(let named) = keys, let keyID else { return true }
        return named[keyID] != nil
    }

    private func key(named kid: String?, for algorithm: TokenAlgorithm) throws(TokenError) -> VerificationKey
    {
        let candidates: [VerificationKey]
        switch keys {
        case .single(let key): candidates = [key]
        case .named(let named): candidates = kid.flatMap { named[$0] } ?? []
        }
        guard !candidates.isEmpty else { throw .invalid(.unknownKey) }
        guard let key = candidates.first(where: { $0.algorithm == algorithm }) else {
            throw .invalid(.algorithm)
        }
        return key
    }
}
