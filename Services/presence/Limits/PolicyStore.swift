import Bus
import Engine
import Redis
import Schema

/// The policies in force: what operators have set, over what the settings say.
///
/// Read anew for each question: there are few, and so no instance is ever behind another.
struct PolicyStore {
    let redis: RedisClient
    /// The policy of `member` as long as no operator has set another.
    let standard: LimitPolicy
    /// Gives the policies back to a Redis that loses them: it must know those that have been answered for.
    let keeper: PolicyKeeper

    func read() async throws(RedisError) -> LimitPolicies {
        try await LimitPolicies.load(standard: standard, from: redis)
    }

    /// Writes a change and tells all gateways of it.
    func apply(_ change: PolicyChange) async throws(RedisError) {
        guard !change.replaced.isEmpty || !change.removed.isEmpty else { return }
        let version = try await nextVersion()
        let pairs = change.replaced.flatMap { [RedisArgument.text($0), .text($1.text)] }
        var commands: [[RedisArgument]] = [
            ["HSET", .text(Keys.limitsPolicies), .text(PolicyKeeper.versionField), .int(version)] + pairs
        ]
        if !change.removed.isEmpty {
            commands.append(["HDEL", .text(Keys.limitsPolicies)] + change.removed.map { .text($0) })
        }
        _ = try await redis.together(commands.count) { redis.call(commands[$0], $1) }
        // Not by the control log, which a Redis that is emptied in the next moment loses too.
        keeper.compare()
        try await ControlLog.append(.limits, to: redis)
    }

    /// Above all versions that are known, whatever has become of the clock since: the highest holds.
    private func nextVersion() async throws(RedisError) -> Int64 {
        let held = try await redis.call(
            "HGET", .text(Keys.limitsPolicies), .text(PolicyKeeper.versionField)
        ).int
        let newest = max(held ?? 0, keeper.version)
        return max(WallClock.milliseconds() &+ redis.clockOffset, newest &+ 1)
    }
}
