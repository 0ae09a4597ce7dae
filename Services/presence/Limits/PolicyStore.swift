import Bus
import PresenceFunctions
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
        let replaced = change.replaced.flatMap { [RedisArgument.text($0), .text($1.text)] }
        _ = try await redis.function(
            LimitFunctions.setPolicies, keys: [.text(Keys.limitsPolicies)],
            arguments: [.int(keeper.version), .int(Int64(change.replaced.count))] + replaced
                + change.removed.map { .text($0) })
        // Not by the control log, which a Redis that is emptied in the next moment loses too.
        keeper.compare()
        try await ControlLog.append(.limits, to: redis)
    }
}
