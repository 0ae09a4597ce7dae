/// What can go wrong with tokens, keys and stored passwords.
///
/// No case carries anything of a token, a key or a password: every one may be logged.
public enum TokenError: Error, Hashable, Sendable {
    /// The token is genuine and meant for us, but its time is over.
    case expired
    /// The token is not to be trusted; the reason is for logs, never for the one who sent it.
    case invalid(Reason)
    /// An HS256 secret has fewer bytes than RFC 7518, section 3.2 demands.
    case secretTooShort(minimum: Int)
    /// A key text is not what it should be: damaged, encrypted, or with halves that do not fit each other.
    case unreadableKey
    /// A key is sound, but of no kind we sign with.
    case unsupportedKey
    /// A stored password string is not one of ours, or asks for more than a check may cost.
    case unreadableHash
    /// OpenSSL refused a step that cannot fail on sound input: no memory, or no entropy.
    case cryptography(Operation)

    /// Why a token was refused.
    public enum Reason: String, Hashable, Sendable {
        /// More bytes than any token of ours can have.
        case tooLarge = "too_large"
        /// Not three parts of strict base64url, or not JSON objects, or members of a wrong type.
        case malformed
        /// A header or payload names a member twice, so that two readers could see two tokens.
        case duplicateMember = "duplicate_member"
        /// The algorithm is unknown, is `none`, or is not the one that belongs to the key.
        case algorithm
        /// `typ` is not `at+jwt`.
        case type
        /// The header demands extensions (`crit`) and we know none.
        case critical
        /// No key has this `kid`.
        case unknownKey = "unknown_key"
        /// The signature is not that of the key.
        case signature
        /// A claim that must be there is absent or of a wrong type.
        case claims
        /// `iss` is not the issuer we trust.
        case issuer
        /// `aud` does not name us.
        case audience
        /// `sub` is empty.
        case subject
        /// `nbf` lies in the future.
        case notYetValid = "not_yet_valid"
        /// `iat` lies in the future.
        case issuedInFuture = "issued_in_future"
    }

    /// The step that OpenSSL refused.
    public enum Operation: String, Hashable, Sendable {
        /// Drawing random bytes.
        case random
        /// Making or writing a key.
        case key
        /// Signing.
        case sign
        /// Deriving a key from a password.
        case derive
    }
}
