import Bus
import Engine
import PresenceFunctions
import Redis
import Schema

/// A unit of a user's limit that was taken for a message, or asked for without an answer.
struct LimitUnit {
    let id: MessageID
    let user: UserHandle
    /// After how long it ends by itself.
    let seconds: Int
}

/// The message limit: a unit is taken for each message, and given back where the message does not count after all.
///
/// Belongs to its loop.
final class MessageLimit {
    /// Takes what came of asking for a message's unit.
    var answered: (OutgoingMessage, Answer) -> Void = { _, _ in }
    /// The limits; nil while they are lifted.
    ///
    /// Who was refused by others than these may have a unit by now: Redis is asked again.
    var policies: LimitPolicies? {
        didSet { if policies != oldValue { refusals.removeAll() } }
    }

    private let loop: EventLoop
    private let redis: RedisClient
    /// Users that were refused, until when: Redis is not asked for a unit again until then.
    private var refusals: [UserHandle: Refusal] = [:]
    /// How many units wait for Redis to take them back.
    private var returning = 0
    /// What is asked for by the next call.
    private var asking: [Ask] = []
    /// How many calls are under way: what comes meanwhile gathers for the next one.
    private var underWay = 0

    /// More than this are asked for by several calls: nobody else's command is to wait for long.
    private static let mostAtOnce = 128
    /// More units than this are left to end by themselves.
    private static let mostReturning = 10_000
    private static let returnMilliseconds = 500

    struct Refusal {
        let until: Instant
        let used: Int
        let most: Int

        /// What the sender is told.
        func outcome(at now: Instant) -> SendOutcome {
            let wait = Int64(max(until.milliseconds(since: now), 1))
            return .limited(used: used, most: most, retryAfterMilliseconds: wait)
        }
    }

    /// What came of asking for a unit.
    enum Answer {
        case taken
        case refused(Refusal)
        /// Redis' clock, which says this, was past the message's time.
        case late(Int64)
        case failed(RedisError)
    }

    init(loop: EventLoop, redis: RedisClient) {
        self.loop = loop
        self.redis = redis
    }

    /// The limit of this sender; nil where there is none.
    func policy(for sender: Identity) -> LimitPolicy? {
        guard let policy = policies?.policy(for: sender.roles), policy.messages > 0 else { return nil }
        return policy
    }

    /// The refusal that still holds.
    func refusal(of user: UserHandle) -> Refusal? {
        guard let refusal = refusals[user], refusal.until > loop.now else { return nil }
        return refusal
    }

    // MARK: Taking

    /// Asks for a unit under this id; asked again, the same one is answered.
    ///
    /// - Parameter notAfter: when to take none any more, by Redis' clock: a call that was given up may still come.
    func take(
        for message: OutgoingMessage, as id: MessageID, _ policy: LimitPolicy, notAfter: Int64
    ) {
        // While a call is under way its end asks for what has gathered, unless that is enough for another.
        if asking.isEmpty || asking.count == Self.mostAtOnce - 1 { askSoon() }
        asking.append(
            Ask(message: message, id: id, policy: policy, notAfter: notAfter, before: message.unit))
        message.unit = LimitUnit(id: id, user: message.sender.user, seconds: policy.seconds)
    }

    /// A unit that is asked for.
    private struct Ask {
        let message: OutgoingMessage
        let id: MessageID
        let policy: LimitPolicy
        let notAfter: Int64
        /// The unit that may have been taken for the message before.
        let before: LimitUnit?

        /// Id and time; and a byte more where a unit may have been taken before.
        var argument: RedisArgument {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(24)
            id.append(to: &bytes)
            bytes.append(time: notAfter)
            if before != nil { bytes.append(UInt8(ascii: "+")) }
            return .bytes(bytes)
        }
    }

    private func askSoon() { loop.beforeSending { [weak self] in self?.ask() } }

    /// Asks for all that has gathered by one call of each policy, unless one is under way that is worth waiting for.
    private func ask() {
        guard underWay == 0 || asking.count >= Self.mostAtOnce else { return }
        let all = asking
        asking = []
        // Nearly as many as now gather until the next call.
        asking.reserveCapacity(all.count)
        for var rest in Self.byPolicy(all) {
            while !rest.isEmpty {
                let together = rest.prefix(Self.mostAtOnce)
                rest = rest.dropFirst(Self.mostAtOnce)
                call(together)
            }
        }
    }

    /// Those of each policy, in their order; mostly there is one for all.
    private static func byPolicy(_ asks: [Ask]) -> [ArraySlice<Ask>] {
        guard let policy = asks.first?.policy, !asks.allSatisfy({ $0.policy == policy }) else {
            return [asks[...]]
        }
        var groups: [[Ask]] = []
        for ask in asks {
            if let place = groups.firstIndex(where: { $0[0].policy == ask.policy }) {
                groups[place].append(ask)
            } else {
                groups.append([ask])
            }
        }
        return groups.map { $0[...] }
    }

    private func call(_ together: ArraySlice<Ask>) {
        guard let policy = together.first?.policy else { return }
        underWay += 1
        redis.function(
            LimitFunctions.take, keys: together.map { .text(Keys.limit($0.message.sender.user)) },
            arguments: Self.arguments(together, of: policy)
        ) { [self] result in
            underWay -= 1
            if underWay == 0, !asking.isEmpty { askSoon() }
            for (number, ask) in together.enumerated() {
                answered(ask, result.flatMap { $0[number].result })
            }
        }
    }

    private static func arguments(_ together: ArraySlice<Ask>, of policy: LimitPolicy) -> [RedisArgument] {
        let notAfter = together.lazy.map(\.notAfter).min() ?? 0
        let call: [RedisArgument] = [
            .int(Int64(policy.messages)), .int(Int64(policy.seconds) * 1000), .int(notAfter),
        ]
        return call + together.map(\.argument)
    }

    private func answered(_ ask: Ask, _ result: Result<RedisReply, RedisError>) {
        let message = ask.message
        switch result {
        case .failure(let error):
            if error.wasNotSent { message.unit = ask.before }
            answered(message, .failed(error))
        case .success(let reply) where reply.int == 1: answered(message, .taken)
        case .success(let reply) where reply[0].int == -1:
            message.unit = ask.before
            answered(message, .late(reply[1].int ?? 0))
        case .success(let reply):
            message.unit = ask.before
            let wait = Int(clamping: reply[2].int ?? 1_000)
            let refusal = Refusal(
                until: loop.now.advanced(byMilliseconds: wait), used: Int(clamping: reply[1].int ?? 0),
                most: ask.policy.messages)
            // The policies may have changed on the way.
            if policy(for: message.sender) == ask.policy {
                remember(refusal, of: message.sender.user, milliseconds: wait)
            }
            answered(message, .refused(refusal))
        }
    }

    private func remember(_ refusal: Refusal, of user: UserHandle, milliseconds: Int) {
        refusals[user] = refusal
        loop.schedule(afterMilliseconds: milliseconds) { [weak self] in
            guard let self, self.refusal(of: user) == nil else { return }
            refusals[user] = nil
        }
    }

    // MARK: Giving back

    /// The message does not count: its unit, or the one that may have been taken, is given back.
    func giveBack(_ message: OutgoingMessage) {
        guard let unit = message.unit else { return }
        message.unit = nil
        // There is room again: let Redis decide about the next one.
        refusals[unit.user] = nil
        guard returning < Self.mostReturning else { return }
        returning += 1
        giveBack(unit, until: loop.now.advanced(byMilliseconds: unit.seconds * 1000))
    }

    private func giveBack(_ unit: LimitUnit, until end: Instant) {
        redis.function(
            LimitFunctions.giveBack, keys: [.text(Keys.limit(unit.user))], arguments: [.bytes(unit.id.bytes)]
        ) { [weak self] result in
            guard let self else { return }
            guard case .failure = result, loop.now < end else {
                returning -= 1
                return
            }
            loop.schedule(afterMilliseconds: Self.returnMilliseconds) { [weak self] in
                self?.giveBack(unit, until: end)
            }
        }
    }
}
