import Bus
import Redis
import Schema

/// The policies in force: what operators have set, over what the settings say.
///
/// Read anew for each question: there are few, and so no instance is ever behind another.
struct PolicyStore {
    let redis: RedisClient
    /// The policy of `member` as long as no operator has set another.
    let standard: LimitPolicy

    func read() async throws(RedisError) -> LimitPolicies {
        try await LimitPolicies.load(standard: standard, from: redis)
    }

    /// Writes a change and tells all gateways of it.
    func apply(_ change: PolicyChange) async throws(RedisError) {
        var commands: [[RedisArgument]] = []
        if !change.replaced.isEmpty {
            let pairs = change.replaced.flatMap { [RedisArgument.text($0), .text($1.text)] }
            commands.append(["HSET", .text(Keys.limitsPolicies)] + pairs)
        }
        if !change.removed.isEmpty {
            commands.append(["HDEL", .text(Keys.limitsPolicies)] + change.removed.map { .text($0) })
        }
        guard !commands.isEmpty else { return }
        _ = try await redis.together(commands.count) { redis.call(commands[$0], $1) }
        try await ControlLog.append(.limits, to: redis)
    }
}
