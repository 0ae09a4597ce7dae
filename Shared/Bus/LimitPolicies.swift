public import Redis
internal import Schema

/// How many messages somebody may send in how long.
public struct LimitPolicy: Sendable, Hashable {
    /// Messages in any window; 0: no limit.
    public var messages: Int
    /// Length of the window in seconds.
    public var seconds: Int

    /// 0 to more than anybody sends.
    public static let messagesRange = 0...1_000_000
    /// At least a second, at most a day.
    public static let secondsRange = 1...86_400

    /// Takes the parts.
    public init(messages: Int, seconds: Int) {
        self.messages = messages
        self.seconds = seconds
    }

    /// The form in which it stands in Redis: `10:60`.
    public var text: String { "\(messages):\(seconds)" }

    /// Reads that form.
    public init?(_ text: String) {
        let parts = text.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, Self.messagesRange.contains(parts[0]), Self.secondsRange.contains(parts[1])
        else { return nil }
        self.init(messages: parts[0], seconds: parts[1])
    }

    /// Messages a second; no limit is more than any.
    fileprivate var generosity: Double {
        messages == 0 ? .infinity : Double(messages) / Double(seconds)
    }
}

/// The message limits by role.
public struct LimitPolicies: Sendable, Hashable {
    /// The policy of `member`, and of roles without one of their own.
    public var standard: LimitPolicy
    /// The policies of other roles.
    public var roles: [String: LimitPolicy]

    /// Takes the parts.
    public init(standard: LimitPolicy, roles: [String: LimitPolicy] = [:]) {
        self.standard = standard
        self.roles = roles
    }

    /// The most generous policy among those of these roles.
    public func policy(for roles: [String]) -> LimitPolicy {
        guard !self.roles.isEmpty else { return standard }
        return roles.map { self.roles[$0] ?? standard }.max { $0.generosity < $1.generosity } ?? standard
    }

    /// Reads what presence has written over what the settings say.
    public static func load(standard: LimitPolicy, from redis: RedisClient) async throws(RedisError)
        -> LimitPolicies
    {
        let flat = try await redis.call("HGETALL", .text(Keys.limitsPolicies)).array ?? []
        var policies = LimitPolicies(standard: standard)
        for index in stride(from: 0, to: flat.count - 1, by: 2) {
            guard let role = flat[index].text, let policy = flat[index + 1].text.flatMap(LimitPolicy.init)
            else {
                continue
            }
            if role == "member" { policies.standard = policy }
            policies.roles[role] = policy
        }
        return policies
    }
}
