/// What the claims of a genuine token must say (RFC 8725, sections 3.8 and 3.9; RFC 9068, section 4).
struct ClaimRules: Sendable {
    let issuer: String
    let audience: String
    /// How far the clocks of issuer and verifier may differ, in seconds.
    let leeway: Int

    init(issuer: String, audience: String, leeway: Int) {
        self.issuer = issuer
        self.audience = audience
        self.leeway = max(0, leeway)
    }

    /// Returns if the claims are good at this second.
    ///
    /// Expiry comes last: a token that is expired and wrong is wrong.
    func check(_ claims: TokenClaims, now: Int) throws(TokenError) {
        guard isSame(claims.iss, issuer) else { throw .invalid(.issuer) }
        guard claims.aud.contains(where: { isSame($0, audience) }) else { throw .invalid(.audience) }
        guard !claims.sub.isEmpty else { throw .invalid(.subject) }
        if let start = claims.nbf, start > now + leeway { throw .invalid(.notYetValid) }
        if let issued = claims.iat, issued > now + leeway { throw .invalid(.issuedInFuture) }
        guard now < claims.exp + leeway else { throw .expired }
    }

    /// Byte by byte: Swift's own equality also unites different spellings of one accented letter.
    private func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.elementsEqual(other.utf8)
    }
}
