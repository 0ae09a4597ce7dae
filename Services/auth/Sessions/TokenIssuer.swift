import Bus
import Schema
import Tokens

/// Makes access tokens.
struct TokenIssuer {
    let settings: TokenSettings
    let signer: TokenSigner

    func token(for account: Account, sessionID: String, stamp: AccessStamp) throws(TokenError) -> String {
        try signer.sign(
            TokenClaims(
                iss: settings.issuer, aud: [settings.audience], sub: account.user.text,
                exp: Int(clamping: stamp.expires), iat: Int(clamping: stamp.issued),
                nbf: Int(clamping: stamp.issued), jti: stamp.jti, sid: sessionID, name: account.name,
                roles: account.roles))
    }
}
