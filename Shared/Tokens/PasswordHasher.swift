/// Turns passwords into stored strings and checks them, by scrypt (RFC 7914).
///
/// Every call takes the memory and time of its parameters and blocks the thread: call it where that may be, on a
/// bounded queue, never on a loop.
public struct PasswordHasher: Sendable {
    /// The outcome of a check.
    public enum Verdict: Hashable, Sendable {
        /// The password is right; where `needsRehash` is true, store a new hash of it.
        case match(needsRehash: Bool)
        /// The password is wrong.
        case mismatch
    }

    /// What new hashes cost.
    public let cost: ScryptParameters

    /// Makes a hasher; a cost below ``ScryptParameters/floor`` counts as the floor.
    public init(cost: ScryptParameters = .standard) {
        self.cost = cost.ln < ScryptParameters.floor.ln ? .floor : cost
    }

    /// Hashes a password with a salt of its own.
    public func hash(_ password: String) throws(TokenError) -> String {
        let salt = try SecureRandom.bytes(StoredPassword.saltBytes)
        let key = try Scrypt.derive(
            password: Array(password.utf8), salt: salt, cost: cost, count: StoredPassword.keyBytes)
        return StoredPassword(cost: cost, salt: salt, key: key).text
    }

    /// Checks a password against a stored string, in constant time as to the key.
    ///
    /// Throws `.unreadableHash` for a string that is not one of ours or asks too much.
    public func verify(_ password: String, against stored: String) throws(TokenError) -> Verdict {
        guard let known = StoredPassword(stored) else { throw .unreadableHash }
        let key = try Scrypt.derive(
            password: Array(password.utf8), salt: known.salt, cost: known.cost, count: known.key.count)
        guard ConstantTime.areEqual(key, known.key) else { return .mismatch }
        return .match(needsRehash: !isCurrent(known))
    }

    /// A stored string of this cost that no password matches.
    ///
    /// Check against it where there is no such account, so that the time taken does not tell.
    public func decoy() throws(TokenError) -> String {
        let salt = try SecureRandom.bytes(StoredPassword.saltBytes)
        let key = try SecureRandom.bytes(StoredPassword.keyBytes)
        return StoredPassword(cost: cost, salt: salt, key: key).text
    }

    private func isCurrent(_ stored: StoredPassword) -> Bool {
        stored.cost == cost && stored.salt.count == StoredPassword.saltBytes
            && stored.key.count == StoredPassword.keyBytes
    }
}
