@testable import Tokens

/// The text of a token, of a JWK set, and of base64url.
enum TokenTarget: FuzzTarget {
    static func read(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        for verifier in Issuer.verifiers {
            // The secrets are not the fuzzer's: what it makes up is believed only where it is a token of the corpus.
            guard let claims = try? verifier.verify(text, now: Issuer.now) else { continue }
            Issuer.check(claims)
            require(text.utf8.count <= TokenVerifier.maxTokenBytes, "a token larger than allowed")
        }
        if let bytes = Base64URL.decode(input) {
            require(Base64URL.encode(bytes).utf8.elementsEqual(input), "two texts for the same bytes")
        }
        require(Base64URL.decode(Base64URL.encode(input)) == input, "bytes do not come back")
        checkKeys(input)
    }

    private static func checkKeys(_ json: [UInt8]) {
        guard let set = try? KeySet(json: json) else { return }
        _ = TokenVerifier(keys: set, issuer: Issuer.name, audience: Issuer.audience)
        guard let written = try? set.json() else {
            require(false, "a set that cannot be written")
            return
        }
        require((try? KeySet(json: written)) == set, "a set does not come back")
    }
}

/// Header and payload, a line end between them, sealed with our own secret: what an issuer other than ours may say.
enum ClaimsTarget: FuzzTarget {
    static func read(_ input: [UInt8]) {
        let parts = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let signed = "\(Base64URL.encode(parts[0])).\(Base64URL.encode(parts[1]))"
        guard let code = try? Digest.hmacSHA256(Array(signed.utf8), key: Issuer.secret) else { return }
        let token = "\(signed).\(Base64URL.encode(code))"
        guard let verifier = Issuer.verifiers.first,
            let claims = try? verifier.verify(token, now: Issuer.now)
        else { return }
        Issuer.check(claims)
        checkReturn(claims, verifier)
    }

    private static func checkReturn(_ claims: TokenClaims, _ verifier: TokenVerifier) {
        // Escapes may make it longer than a token can be.
        guard let again = try? TokenSigner(hs256Secret: Issuer.secret).sign(claims) else { return }
        require((try? verifier.verify(again, now: Issuer.now)) == claims, "claims do not come back")
    }
}

/// The cluster whose tokens are judged.
private enum Issuer {
    static let now = 1_700_000_000
    static let name = "https://chat.example"
    static let audience = "parley"
    static let secret = Array("0123456789abcdef0123456789abcdef".utf8)

    static let verifiers: [TokenVerifier] = {
        let shared = try? TokenVerifier(hs256Secret: secret, issuer: name, audience: audience)
        let keys = [TokenAlgorithm.eddsa, .es256].compactMap { algorithm in
            try? SigningKey.generate(algorithm)
        }
        // Named as in the corpus, so that inputs come to the signatures.
        let named = keys.map { JWK($0.publicJWK.material, kid: "k") }
        return [require(shared, "a secret")]
            + [TokenVerifier(keys: KeySet(keys: named), issuer: name, audience: audience)]
    }()

    /// The rules of RFC 8725 once more, told the short way.
    static func check(_ claims: TokenClaims) {
        require(Array(claims.iss.utf8) == Array(name.utf8), "a foreign issuer")
        require(claims.aud.contains { Array($0.utf8) == Array(audience.utf8) }, "a foreign audience")
        require(!claims.sub.isEmpty, "a token of nobody")
        require(claims.exp > now - 30, "an expired token")
        require(claims.nbf ?? now <= now + 30 && claims.iat ?? now <= now + 30, "a token of tomorrow")
    }
}
