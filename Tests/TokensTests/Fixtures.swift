@testable import Tokens

/// The one moment at which these tests are told.
let now = 1_700_000_000
let issuer = "https://chat.example"
let audience = "parley"
let secret = Array("0123456789abcdef0123456789abcdef".utf8)

let goodClaims = TokenClaims(
    iss: issuer, aud: [audience], sub: "alice", exp: now + 900, iat: now, nbf: now, jti: "j-1", sid: "s-1",
    name: "Alice Ä", roles: ["user"])

/// What a stranger, or an issuer other than ours, might put together by hand.
struct Forgery {
    var header = #"{"alg":"HS256","typ":"at+jwt"}"#
    var payload = #"{"iss":"https://chat.example","aud":"parley","sub":"alice","exp":1700000900}"#

    func signed(with key: [UInt8] = secret) throws -> String {
        try seal { try Digest.hmacSHA256($0, key: key) }
    }

    func signed(with key: SigningKey) throws -> String {
        try seal { try key.handle.sign($0) }
    }

    func seal(_ sign: ([UInt8]) throws -> [UInt8]) throws -> String {
        let input = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
        return try input + "." + Base64URL.encode(sign(Array(input.utf8)))
    }
}

func secretVerifier(leeway: Int = 30) throws -> TokenVerifier {
    try TokenVerifier(hs256Secret: secret, issuer: issuer, audience: audience, leeway: leeway)
}

func keyVerifier(_ keys: JWK...) -> TokenVerifier {
    TokenVerifier(keys: KeySet(keys: keys), issuer: issuer, audience: audience)
}

func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// A private key as RFCs print it (the JWK member `d`), made PKCS#8.
func privatePEM(_ kind: KeyHandle.Kind, d: String) throws -> String {
    let prefix =
        switch kind {
        case .ed25519: bytes(hex: "302e020100300506032b657004220420")
        case .p256: bytes(hex: "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420")
        }
    let der = prefix + (Base64URL.decode(d) ?? [])
    var text = Base64Alphabet.standard.encode(der)
    text += String(repeating: "=", count: (4 - text.count % 4) % 4)
    return
        "-----BEGIN PRIVATE KEY-----\n\(text.prefix(64))\n\(text.dropFirst(64))\n-----END PRIVATE KEY-----\n"
        .replacing("\n\n", with: "\n")
}
