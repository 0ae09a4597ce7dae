public import Schema

/// Tokens that are no longer good although they have not expired.
public struct Revocation: Sendable, Hashable {
    /// Which tokens are meant.
    public enum Scope: Sendable, Hashable {
        /// All of one login session.
        case session(String)
        /// All of a user that were issued before this second.
        case user(UserHandle, before: Int64)
    }

    /// Which tokens.
    public var scope: Scope
    /// From this second on the last of them has expired, and the revocation may be forgotten.
    public var expires: Int64

    /// What `expires` says of one that is not forgotten: the last second of the year 9999.
    public static let never: Int64 = 253_402_300_799

    /// Takes the parts.
    public init(_ scope: Scope, expires: Int64) {
        self.scope = scope
        self.expires = expires
    }

    /// The field of `auth:revoked` that holds it, and its value.
    public var field: (name: String, value: String) {
        switch scope {
        case .session(let id): ("sid:\(id)", String(expires))
        case .user(let user, let before): ("user:\(user)", "\(before) \(expires)")
        }
    }

    /// Reads a field of `auth:revoked`.
    public init?(field: String, value: String) {
        let numbers = value.split(separator: " ").compactMap { Int64($0) }
        if field.hasPrefix("sid:"), let expires = numbers.first {
            self.init(.session(String(field.dropFirst(4))), expires: expires)
        } else if field.hasPrefix("user:"), numbers.count == 2,
            let user = UserHandle(String(field.dropFirst(5)))
        {
            self.init(.user(user, before: numbers[0]), expires: numbers[1])
        } else {
            return nil
        }
    }

    /// What both of them mean, of one session or one user.
    public func joined(with other: Revocation) -> Revocation {
        let end = max(expires, other.expires)
        guard case .user(let user, let before) = scope, case .user(_, let theirs) = other.scope else {
            return Revocation(scope, expires: end)
        }
        return Revocation(.user(user, before: max(before, theirs)), expires: end)
    }

    var json: JSONValue {
        switch scope {
        case .session(let id): ["sid": .string(id), "expires": .int(expires)]
        case .user(let user, let before):
            ["user": .string(user.text), "before": .int(before), "expires": .int(expires)]
        }
    }

    init?(_ json: JSONValue) {
        guard let expires = json["expires"]?.int else { return nil }
        if let id = json["sid"]?.text {
            self.init(.session(id), expires: expires)
        } else if let user = json["user"]?.text.flatMap(UserHandle.init), let before = json["before"]?.int {
            self.init(.user(user, before: before), expires: expires)
        } else {
            return nil
        }
    }

    /// Whether a token of this identity is meant; one that does not say when it was issued counts as old.
    public func covers(_ identity: Identity) -> Bool {
        switch scope {
        case .session(let id): identity.sessionID == id
        case .user(let user, let before): identity.user == user && (identity.issuedAt ?? 0) < before
        }
    }
}

/// The revocations that are in force.
struct RevocationTable {
    private var sessions: [String: Int64] = [:]
    private var users: [UserHandle: (before: Int64, expires: Int64)] = [:]

    /// How many there may be before those that have expired are forgotten.
    private var pruneAbove = 1_024

    /// How many there are.
    var count: Int { sessions.count + users.count }

    mutating func insert(_ revocation: Revocation, now: Int64) {
        if count >= pruneAbove {
            prune(now: now)
            pruneAbove = max(1_024, 2 * count)
        }
        switch revocation.scope {
        case .session(let id): sessions[id] = revocation.expires
        case .user(let user, let before):
            let known = users[user]
            users[user] = (max(before, known?.before ?? before), max(revocation.expires, known?.expires ?? 0))
        }
    }

    /// Forgets what has expired by now, in seconds.
    mutating func prune(now: Int64) {
        sessions = sessions.filter { $0.value > now }
        users = users.filter { $0.value.expires > now }
    }

    /// What has not expired by now, in seconds.
    func live(now: Int64) -> [Revocation] {
        let all =
            sessions.map { Revocation(.session($0.key), expires: $0.value) }
            + users.map { Revocation(.user($0.key, before: $0.value.before), expires: $0.value.expires) }
        return all.filter { $0.expires > now }
    }

    func covers(_ identity: Identity) -> Bool {
        if let id = identity.sessionID, sessions[id] != nil { return true }
        guard let entry = users[identity.user] else { return false }
        return (identity.issuedAt ?? 0) < entry.before
    }
}
