import Bus
import Redis

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
        try await keeper.write(change.replaced.mapValues(\.text), removing: change.removed)
    }
}
