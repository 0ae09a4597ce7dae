import Testing

@testable import Tokens

@Suite struct TokenVerifierTests {
    private func outcome(_ verifier: TokenVerifier, _ token: some StringProtocol) -> TokenError? {
        do {
            _ = try verifier.verify(token, now: now)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Header

    @Test(
        "an access token is one by its type",
        arguments: ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"])
    func types(type: String) throws {
        let token = try Forgery(header: #"{"alg":"HS256","typ":"\#(type)"}"#).signed()
        #expect(outcome(try secretVerifier(), token) == nil)
    }

    @Test(
        "headers that are wrong, though signed",
        arguments: [
            (#"{"alg":"HS256"}"#, .type), (#"{"alg":"HS256","typ":"JWT"}"#, .type),
            (#"{"alg":"HS256","typ":"text/at+jwt"}"#, .type), (#"{"alg":"HS256","typ":null}"#, .type),
            (#"{"alg":"HS256","typ":7}"#, .malformed), (#"{"typ":"at+jwt"}"#, .malformed),
            (#"{"alg":7,"typ":"at+jwt"}"#, .malformed), (#"{"alg":"none","typ":"at+jwt"}"#, .algorithm),
            (#"{"alg":"None","typ":"at+jwt"}"#, .algorithm), (#"{"alg":"","typ":"at+jwt"}"#, .algorithm),
            (#"{"alg":"hs256","typ":"at+jwt"}"#, .algorithm),
            (#"{"alg":"HS512","typ":"at+jwt"}"#, .algorithm),
            (#"{"alg":"RS256","typ":"at+jwt"}"#, .algorithm),
            (#"{"alg":"EdDSA","typ":"at+jwt"}"#, .algorithm),
            (#"{"alg":"HS256","typ":"at+jwt","crit":["exp"],"exp":1}"#, .critical),
            (#"{"alg":"HS256","typ":"at+jwt","crit":["b64"],"b64":false}"#, .critical),
            (#"{"alg":"HS256","typ":"at+jwt","crit":[]}"#, .critical),
            (#"{"alg":"HS256","typ":"at+jwt","crit":null}"#, .critical),
            (#"{"alg":"HS256","typ":"at+jwt","alg":"HS256"}"#, .duplicateMember),
            (#"{"alg":"none","typ":"at+jwt","\u0061lg":"HS256"}"#, .duplicateMember),
            (#"["HS256"]"#, .malformed), ("HS256", .malformed),
            (#"{"alg":"HS256","typ":"at+jwt"} "x""#, .malformed),
        ] as [(String, TokenError.Reason)])
    func headers(header: String, reason: TokenError.Reason) throws {
        #expect(outcome(try secretVerifier(), try Forgery(header: header).signed()) == .invalid(reason))
    }

    @Test("with a secret, kid has no meaning", arguments: ["x", "../../etc/passwd", "' OR 1=1 --", ""])
    func secretIgnoresKid(kid: String) throws {
        let token = try Forgery(header: #"{"alg":"HS256","typ":"at+jwt","kid":"\#(kid)"}"#).signed()
        #expect(outcome(try secretVerifier(), token) == nil)
    }

    // MARK: Keys

    @Test("unsigned tokens are refused by keys and by secrets")
    func unsigned() throws {
        let key = try SigningKey.generate(.eddsa)
        for algorithm in ["none", "NONE", "nOnE"] {
            let header = #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"\#(key.kid)"}"#
            let token = try Forgery(header: header).seal { _ in [] }
            #expect(outcome(keyVerifier(key.publicJWK), token) == .invalid(.algorithm))
            #expect(outcome(try secretVerifier(), token) == .invalid(.algorithm))
        }
    }

    @Test("a public key is never taken for a secret", arguments: [TokenAlgorithm.eddsa, .es256])
    func confusion(algorithm: TokenAlgorithm) throws {
        let key = try SigningKey.generate(algorithm)
        let header = #"{"alg":"HS256","typ":"at+jwt","kid":"\#(key.kid)"}"#
        let jwk = try KeySet(keys: [key.publicJWK]).json()
        for known in [jwk, Array(key.kid.utf8), try publicBytes(key), Array(try publicPEM(key).utf8)] {
            let token = try Forgery(header: header).signed(with: known)
            #expect(outcome(keyVerifier(key.publicJWK), token) == .invalid(.algorithm))
        }
    }

    @Test("a key is used with its own algorithm only")
    func algorithmOfKey() throws {
        let ed25519 = try SigningKey.generate(.eddsa)
        let p256 = try SigningKey.generate(.es256)
        let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(p256.kid)"}"#
        let verifier = keyVerifier(ed25519.publicJWK, p256.publicJWK)
        #expect(outcome(verifier, try Forgery(header: header).signed(with: p256)) == .invalid(.algorithm))
        #expect(outcome(verifier, try Forgery(header: header).signed(with: ed25519)) == .invalid(.algorithm))
    }

    @Test("keys are found by kid, among several and of one name")
    func lookUp() throws {
        let keys = [
            try SigningKey.generate(.eddsa), try SigningKey.generate(.es256), try SigningKey.generate(.eddsa),
        ]
        let verifier = keyVerifier(keys[0].publicJWK, keys[1].publicJWK)
        for key in keys.prefix(2) {
            #expect(outcome(verifier, try TokenSigner(key: key).sign(goodClaims)) == nil)
        }
        #expect(outcome(verifier, try TokenSigner(key: keys[2]).sign(goodClaims)) == .invalid(.unknownKey))
        let nameless = try Forgery(header: #"{"alg":"EdDSA","typ":"at+jwt"}"#).signed(with: keys[0])
        #expect(outcome(verifier, nameless) == .invalid(.unknownKey))
        let stolenName = try Forgery(header: #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(keys[0].kid)"}"#)
            .signed(with: keys[2])
        #expect(outcome(verifier, stolenName) == .invalid(.signature))

        let sameName = keyVerifier(
            JWK(keys[1].publicJWK.material, kid: "k"), JWK(keys[0].publicJWK.material, kid: "k"))
        for key in keys.prefix(2) {
            let header = #"{"alg":"\#(key.algorithm.rawValue)","typ":"at+jwt","kid":"k"}"#
            #expect(outcome(sameName, try Forgery(header: header).signed(with: key)) == nil)
        }
    }

    @Test("a token cannot bring its own key")
    func ownKey() throws {
        let stranger = try SigningKey.generate(.eddsa)
        let ours = try SigningKey.generate(.eddsa)
        let jwk = String(decoding: try TokenCoding.encode(stranger.publicJWK), as: UTF8.self)
        let header =
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(stranger.kid)","jwk":\#(jwk),"jku":"https://x.example"}"#
        let token = try Forgery(header: header).signed(with: stranger)
        #expect(outcome(keyVerifier(ours.publicJWK), token) == .invalid(.unknownKey))
    }

    @Test("an empty set believes nobody")
    func emptySet() throws {
        let token = try TokenSigner(key: SigningKey.generate(.eddsa)).sign(goodClaims)
        #expect(outcome(keyVerifier(), token) == .invalid(.unknownKey))
    }

    // MARK: Claims

    @Test(
        "claims that are wrong, though signed",
        arguments: [
            (#""iss":"https://chat.example/""#, .issuer), (#""iss":"HTTPS://chat.example""#, .issuer),
            (#""iss":"""#, .issuer), (#""aud":"other""#, .audience), (#""aud":[]"#, .audience),
            (#""aud":["a","Parley"]"#, .audience), (#""aud":"parley ""#, .audience), (#""sub":"""#, .subject),
            (#""sub":7"#, .claims), (#""sub":null"#, .claims), (#""exp":"1700000900""#, .claims),
            (#""exp":null"#, .claims), (#""aud":null"#, .claims), (#""roles":{}"#, .claims),
        ] as [(String, TokenError.Reason)])
    func claims(member: String, reason: TokenError.Reason) throws {
        let name = member.prefix { $0 != ":" }
        let good = [
            #""iss":"https://chat.example""#, #""aud":"parley""#, #""sub":"alice""#, #""exp":1700000900"#,
        ]
        let members = good.filter { !$0.hasPrefix(name) } + [member]
        let token = try Forgery(payload: "{\(members.joined(separator: ","))}").signed()
        #expect(outcome(try secretVerifier(), token) == .invalid(reason))
    }

    @Test("each of four claims is required", arguments: ["iss", "aud", "sub", "exp"])
    func required(name: String) throws {
        let good = [
            "iss": #""https://chat.example""#, "aud": #""parley""#, "sub": #""alice""#, "exp": "1700000900",
        ]
        let members = good.filter { $0.key != name }.map { #""\#($0.key)":\#($0.value)"# }
        let token = try Forgery(payload: "{\(members.joined(separator: ","))}").signed()
        #expect(outcome(try secretVerifier(), token) == .invalid(.claims))
    }

    @Test("a claim named twice is refused, though signed")
    func duplicateClaim() throws {
        let payload =
            #"{"iss":"https://chat.example","aud":"parley","sub":"alice","exp":1700000900,"sub":"root"}"#
        #expect(
            outcome(try secretVerifier(), try Forgery(payload: payload).signed())
                == .invalid(.duplicateMember))
    }

    @Test("one audience of several is enough")
    func audiences() throws {
        var claims = goodClaims
        claims.aud = ["other", audience]
        #expect(outcome(try secretVerifier(), try TokenSigner(hs256Secret: secret).sign(claims)) == nil)
    }

    @Test(
        "times, at their edges with 30 s of leeway",
        arguments: [
            (-29, nil, nil, nil), (-30, nil, nil, .expired), (-31, nil, nil, .expired),
            (900, 30, nil, nil), (900, 31, nil, .invalid(.notYetValid)),
            (900, nil, 30, nil), (900, nil, 31, .invalid(.issuedInFuture)),
            (-100, 31, nil, .invalid(.notYetValid)), (900, -900, -900, nil),
        ] as [(Int, Int?, Int?, TokenError?)])
    func times(exp: Int, nbf: Int?, iat: Int?, expected: TokenError?) throws {
        var claims = goodClaims
        claims.exp = now + exp
        claims.nbf = nbf.map { now + $0 }
        claims.iat = iat.map { now + $0 }
        let token = try TokenSigner(hs256Secret: secret).sign(claims)
        #expect(outcome(try secretVerifier(), token) == expected)
    }

    @Test("leeway is a parameter, and never negative", arguments: [(0, 0), (5, 5), (-5, 0)])
    func leeway(setting: Int, seconds: Int) throws {
        let verifier = try secretVerifier(leeway: setting)
        var claims = goodClaims
        claims.exp = now - seconds + 1
        #expect(outcome(verifier, try TokenSigner(hs256Secret: secret).sign(claims)) == nil)
        claims.exp = now - seconds
        #expect(outcome(verifier, try TokenSigner(hs256Secret: secret).sign(claims)) == .expired)
    }

    @Test(
        "times beyond every integer do not trap",
        arguments: [
            ("1e300", nil), ("99999999999999999999999", nil), ("-1e300", .expired), ("0", .expired),
            ("1e999", .invalid(.claims)),
        ] as [(String, TokenError?)])
    func hugeTimes(exp: String, expected: TokenError?) throws {
        let payload = #"{"iss":"https://chat.example","aud":"parley","sub":"alice","exp":\#(exp)}"#
        #expect(outcome(try secretVerifier(), try Forgery(payload: payload).signed()) == expected)
    }

    @Test("a token both expired and wrong is wrong")
    func expiredAndWrong() throws {
        var claims = goodClaims
        claims.exp = now - 900
        claims.aud = ["other"]
        let token = try TokenSigner(hs256Secret: secret).sign(claims)
        #expect(outcome(try secretVerifier(), token) == .invalid(.audience))
        claims.aud = [audience]
        let foreign = try TokenSigner(hs256Secret: secret.reversed()).sign(claims)
        #expect(outcome(try secretVerifier(), foreign) == .invalid(.signature))
    }

    // MARK: Help

    private func publicBytes(_ key: SigningKey) throws -> [UInt8] {
        switch key.publicJWK.material {
        case .ed25519(let x): x
        case .p256(let x, let y): [4] + x + y
        }
    }

    private func publicPEM(_ key: SigningKey) throws -> String {
        let prefix =
            switch key.algorithm {
            case .eddsa: bytes(hex: "302a300506032b6570032100")
            default: bytes(hex: "3059301306072a8648ce3d020106082a8648ce3d030107034200")
            }
        let text = Base64Alphabet.standard.encode(prefix + (try publicBytes(key)))
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        let rest = padded.count > 64 ? "\n\(padded.dropFirst(64))" : ""
        return "-----BEGIN PUBLIC KEY-----\n\(padded.prefix(64))\(rest)\n-----END PUBLIC KEY-----\n"
    }
}
