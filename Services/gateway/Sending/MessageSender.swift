import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import RoomFunctions
import Schema

/// Takes a message through the limit into the room's log: `limit_take`, then `room_accept`, one round trip each.
///
/// Belongs to its loop. Calls without an answer are repeated with the same message id until the message's patience is
/// over; the functions know it again, so nothing is counted or accepted twice.
final class MessageSender {
    typealias Done = (SendOutcome) -> Void

    /// The message limits; nil while they are lifted.
    var policies: LimitPolicies?

    private let loop: EventLoop
    private let redis: RedisClient
    private let directory: RoomDirectory
    private let knownSeq: (RoomID) -> Int64
    private let bounds: Bounds
    private let metrics: GatewayMetrics
    /// Users that were refused, until when: refused again here, at no cost to Redis.
    private var refusals: [UserHandle: Refusal] = [:]
    /// Redis' clock minus ours, as last seen.
    private var clockOffset: Int64?

    private static let retryMilliseconds = 100

    /// What bounds a room's and a partition's log.
    struct Bounds {
        let recentKeep: Int
        let recentMax: Int
        let logMaxBytes: Int
    }

    private struct Refusal {
        let until: Instant
        let used: Int
        let most: Int
    }

    init(
        loop: EventLoop, redis: RedisClient, directory: RoomDirectory, bounds: Bounds,
        metrics: GatewayMetrics,
        knownSeq: @escaping (RoomID) -> Int64
    ) {
        self.loop = loop
        self.redis = redis
        self.directory = directory
        self.bounds = bounds
        self.metrics = metrics
        self.knownSeq = knownSeq
    }

    /// Sends a message; `done` is called once.
    func send(_ message: OutgoingMessage, _ done: @escaping Done) {
        let began = loop.now
        let done: Done = { [metrics, loop] outcome in
            metrics.note(outcome, milliseconds: loop.now.milliseconds(since: began))
            done(outcome)
        }
        guard let policy = policies?.policy(for: message.sender.roles), policy.messages > 0 else {
            return accept(message, done)
        }
        if let refusal = refusal(of: message.sender.user) {
            return refuseUnlessDuplicate(message, refusal, done)
        }
        takeUnit(message, policy, done)
    }

    // MARK: The limit

    private func takeUnit(_ message: OutgoingMessage, _ policy: LimitPolicy, _ done: @escaping Done) {
        let id = identify(message)
        redis.function(
            LimitFunctions.take, keys: [.text(Keys.limit(message.sender.user))],
            arguments: [.text(id.text), .int(Int64(policy.messages)), .int(Int64(policy.seconds) * 1000)]
        ) { [self] result in
            switch result {
            case .failure(let error):
                again(message, error, done) { [self] in takeUnit(message, policy, done) }
            case .success(let reply) where reply[0].int == 1:
                message.unit = id
                accept(message, done)
            case .success(let reply):
                let wait = Int(clamping: reply[2].int ?? 1_000)
                let refusal = Refusal(
                    until: loop.now.advanced(byMilliseconds: wait), used: Int(clamping: reply[1].int ?? 0),
                    most: policy.messages)
                note(refusal, of: message.sender.user, forMilliseconds: wait)
                refuseUnlessDuplicate(message, refusal, done)
            }
        }
    }

    private func refusal(of user: UserHandle) -> Refusal? {
        guard let refusal = refusals[user], refusal.until > loop.now else { return nil }
        return refusal
    }

    private func note(_ refusal: Refusal, of user: UserHandle, forMilliseconds wait: Int) {
        refusals[user] = refusal
        loop.schedule(afterMilliseconds: wait) { [weak self] in
            guard let self, self.refusal(of: user) == nil else { return }
            refusals[user] = nil
        }
    }

    /// A duplicate costs nothing of a limit: who is at the limit still hears that a message had been accepted.
    private func refuseUnlessDuplicate(_ message: OutgoingMessage, _ refusal: Refusal, _ done: @escaping Done)
    {
        let wait = Int64(max(refusal.until.milliseconds(since: loop.now), 1))
        let limited = SendOutcome.limited(
            used: refusal.used, most: refusal.most, retryAfterMilliseconds: wait)
        guard message.key != nil, let run = redis.runID else { return done(limited) }
        let id = identify(message)
        redis.function(
            RoomFunctions.seen, keys: roomKeys(message.room),
            arguments: [
                .text(run), .text(message.sender.user.text), .bytes(message.keyDigest(id)),
                .bytes(message.contentDigest),
            ]
        ) { result in
            switch (try? result.get()).flatMap(AcceptReply.init) {
            case .placed(let id, let position, _, let stored):
                done(.accepted(id, position, isDuplicate: true, stored: stored))
            case .refused(.idempotencyConflict): done(.refused(.idempotencyConflict))
            default: done(limited)
            }
        }
    }

    private func giveBack(_ message: OutgoingMessage) {
        guard let id = message.unit else { return }
        message.unit = nil
        redis.function(
            LimitFunctions.giveBack, keys: [.text(Keys.limit(message.sender.user))],
            arguments: [.text(id.text)]
        ) { _ in }
        // There is room again: let Redis decide about the next one.
        refusals[message.sender.user] = nil
    }

    // MARK: Its place

    private func accept(_ message: OutgoingMessage, _ done: @escaping Done) {
        guard let run = redis.runID else {
            return again(message, .unavailable, done) { [self] in accept(message, done) }
        }
        redis.function(
            RoomFunctions.accept, keys: roomKeys(message.room), arguments: arguments(message, run: run)
        ) { [self] result in
            switch result {
            case .failure(let error):
                again(message, error, done) { [self] in accept(message, done) }
            case .success(let reply):
                guard let reply = AcceptReply(reply) else {
                    return end(message, .refused(.internalError), done)
                }
                answered(message, reply, done)
            }
        }
    }

    private func answered(_ message: OutgoingMessage, _ reply: AcceptReply, _ done: @escaping Done) {
        switch reply {
        case .placed(let id, let position, let isDuplicate, let stored):
            end(message, .accepted(id, position, isDuplicate: isDuplicate, stored: stored), done)
        case .unloaded: load(message, done)
        case .clock(let time):
            // Nothing was accepted under the old id, or it would have been known again.
            clockOffset = time - WallClock.milliseconds()
            message.id = nil
            again(message, nil, done) { [self] in accept(message, done) }
        case .refused(let code): end(message, .refused(code), done)
        case .unseen: end(message, .refused(.internalError), done)
        }
    }

    private func load(_ message: OutgoingMessage, _ done: @escaping Done) {
        directory.load(message.room) { [self] result in
            switch result {
            case .success: accept(message, done)
            case .failure(.refused(let code)) where !code.isRetryable: end(message, .refused(code), done)
            case .failure: again(message, nil, done) { [self] in accept(message, done) }
            }
        }
    }

    private func end(_ message: OutgoingMessage, _ outcome: SendOutcome, _ done: Done) {
        switch outcome {
        case .accepted(_, _, isDuplicate: false, _): break
        default: giveBack(message)
        }
        done(outcome)
    }

    // MARK: Trying again

    private func again(
        _ message: OutgoingMessage, _ error: RedisError?, _ done: @escaping Done, _ step: @escaping () -> Void
    ) {
        if let error, case .server = error {
            return end(message, .refused(error.code == "OOM" ? .overloaded : .internalError), done)
        }
        if let error, !error.wasNotSent { message.isUncertain = true }
        let spent = loop.now.milliseconds(since: message.arrived)
        guard spent + Self.retryMilliseconds < OutgoingMessage.patienceMilliseconds else {
            return end(message, .refused(message.isUncertain ? .timeout : .busUnavailable), done)
        }
        loop.schedule(afterMilliseconds: Self.retryMilliseconds, step)
    }

    // MARK: What the functions are told

    private func identify(_ message: OutgoingMessage) -> MessageID {
        if let id = message.id { return id }
        let id = MessageID(milliseconds: redisNow)
        message.id = id
        return id
    }

    private var redisNow: Int64 { WallClock.milliseconds() + (clockOffset ?? redis.clockOffset) }

    private func roomKeys(_ room: RoomID) -> [RedisArgument] {
        let partition = room.partition
        return [.text(Keys.room(room)), .text(Keys.members(room)), .text(Keys.recent(room))]
            + Keys.seen(room).map { .text($0) } + [
                .text(Keys.log(partition)), .text(Keys.logBytes(partition)),
            ]
    }

    private func arguments(_ message: OutgoingMessage, run: RunID) -> [RedisArgument] {
        let id = identify(message)
        let tail = EnvelopeTail.bytes(
            message.request.message, room: message.room, id: id, user: message.sender.user)
        let left = OutgoingMessage.patienceMilliseconds - loop.now.milliseconds(since: message.arrived)
        return [
            .text(run), .int(knownSeq(message.room)), .text(message.sender.user.text), .bytes(id.bytes),
            .int(id.milliseconds), .int(redisNow + Int64(left)), .bytes(message.keyDigest(id)),
            .bytes(message.contentDigest), .bytes(tail), "", .int(Int64(bounds.recentKeep)),
            .int(Int64(bounds.recentMax)), .int(Int64(bounds.logMaxBytes)),
        ]
    }
}
