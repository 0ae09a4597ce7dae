import Bus
import Engine
import Hosting
import Redis
import Schema

/// Takes a message into the room's log: `limit_take`, then `room_accept`, one round trip each; before them, under load, a
/// pause in which others join it, or, where the message comes from an outbox, the question whether it is there already;
/// after them, where the operator wants it, the wait for replicas.
///
/// Messages of one lane are on their way together, and get their places in its order.
///
/// Belongs to its loop. A call without an answer is repeated with the same message id until the message's patience is
/// over; the functions know it again, so nothing is counted or accepted twice.
final class MessageSender {
    typealias Done = (SendOutcome) -> Void
    /// What is to be done for a message, now or when it is tried again.
    private typealias Step = (OutgoingMessage) -> Void

    let limit: MessageLimit
    let backlog: SendBacklog
    let recall: Recall
    private let busMemory: BusMemory
    private let loop: EventLoop
    private let redis: RedisClient
    private let directory: RoomDirectory
    private let patience: PatienceWatch
    private let departures: Departures
    private let places: PlaceCalls
    /// Who knows what replicas have; nil where nobody has to.
    private let replicas: ReplicaAcks?
    private let directNotices: DirectNotices
    private let metrics: GatewayMetrics
    private var clock: RedisClock
    private var random = RandomReserve()
    private var holdUps = HoldUps()
    private var questions = DuplicateQuestions()

    private static let retryMilliseconds = 100
    /// How much earlier than its sender is told `timeout` a message may last be accepted: clocks are not exact.
    private static let clockMilliseconds = 100
    /// How old a message may be, sent again, to be told of once more: its sender has been to another gateway by then.
    private static let tellsAgainMilliseconds: Int64 = 30_000

    init(
        loop: EventLoop, redis: RedisClient, directory: RoomDirectory, archive: SendArchive,
        calls: RoomCalls, replicas: ReplicaAcks?, backlog: SendBacklog, busMemory: BusMemory,
        directNotices: DirectNotices,
        gatherMilliseconds: Int, metrics: GatewayMetrics
    ) {
        self.loop = loop
        self.redis = redis
        self.directory = directory
        recall = Recall(redis: redis, archive: archive, calls: calls, metrics: metrics)
        patience = PatienceWatch(loop: loop)
        departures = Departures(
            loop: loop, mostMilliseconds: gatherMilliseconds, gathered: metrics.gathered)
        places = PlaceCalls(loop: loop, redis: redis, calls: calls)
        self.replicas = replicas
        self.backlog = backlog
        self.busMemory = busMemory
        self.directNotices = directNotices
        self.metrics = metrics
        limit = MessageLimit(loop: loop, redis: redis)
        clock = RedisClock(at: loop.now, wall: WallClock.milliseconds())
    }

    func start() {
        // Weak, as the sender holds them; calls under way hold the sender.
        patience.giveUp = { [weak self] in self?.giveUp($0) }
        departures.setOut = { [weak self] in self?.count($0) }
        places.prepare = { [weak self] in self?.prepare($0) }
        places.goOn = { [weak self] in self?.count($0) }
        places.tell = { [weak self] in self?.tell($0) }
        places.answered = { [weak self] in self?.placed($0, $1) }
        limit.answered = { [weak self] in self?.limited($0, $1) }
        replicas?.start()
    }

    func close() { replicas?.close() }

    /// Redis is there, or there again: its clock has just been read.
    func connected() {
        heard(WallClock.milliseconds() + redis.clockOffset)
        directNotices.connected()
    }

    /// Redis' time, in milliseconds since 1970, by which messages have theirs.
    var redisTime: Int64 { clock.time(at: loop.now) }

    /// Redis' clock says this.
    func heard(_ time: Int64) { clock.heard(time, at: loop.now) }

    /// Sends a message behind those of its lane; `done` is called once, before the message's patience is over.
    func send(_ message: OutgoingMessage, in lane: SendLane, _ done: @escaping Done) {
        let began = loop.now
        lane.enter(message)
        message.begin(in: lane, at: began, done)
        // What it waited for, a join, was not answered.
        guard message.patience(at: began) > 0 else { return giveUp(message, .busUnavailable) }
        patience.enter(message)
        if message.request.isRetry, message.key != nil { ask(message) } else { departures.add(message) }
    }

    // MARK: Whether it is there already

    /// Asks Redis, and for what Redis does not remember any more the archive.
    private func ask(_ message: OutgoingMessage) {
        recall.askRedis(message) { [self] in found(message, $0, by: ask) }
    }

    private func askArchive(_ message: OutgoingMessage) {
        guard !message.isSettled else { return abandon(message) }
        recall.askArchive(message) { [self] in found(message, $0, by: askArchive) }
    }

    private func found(_ message: OutgoingMessage, _ finding: Recall.Finding, by step: @escaping Step) {
        switch finding {
        case .known(let reply): answered(message, reply)
        case .forgotten: askArchive(message)
        // A unit was taken before it was first tried.
        case .unknown: message.triedIn == nil ? count(message) : accept(message)
        case .undecided:
            metrics.retriesPutOff.add()
            end(message, .refused(.historyUnavailable))
        case .unloaded: load(message, step)
        case .unanswered: again(message, step)
        }
    }

    // MARK: The limit

    private func count(_ message: OutgoingMessage) {
        guard !message.isSettled else { return abandon(message) }
        guard !busMemory.isFull else { return refuseUnlessDuplicate(message, .refused(.overloaded)) }
        guard let policy = limit.policy(for: message.sender) else { return accept(message) }
        if let refusal = limit.refusal(of: message.sender.user) { return limited(message, refusal) }
        let id = message.identify(at: clock.time(at: loop.now), from: &random)
        limit.take(for: message, as: id, policy, notAfter: notAfter(message))
    }

    private func limited(_ message: OutgoingMessage, _ answer: MessageLimit.Answer) {
        switch answer {
        case .taken: accept(message)
        case .refused(let refusal): limited(message, refusal)
        case .late(let time): late(message, time, count)
        case .failed(let error): failed(message, error, count)
        }
    }

    /// Those before it in its lane may give back what they have taken: it is refused when there are none.
    private func limited(_ message: OutgoingMessage, _ refusal: MessageLimit.Refusal) {
        guard !message.isSettled else { return abandon(message) }
        guard message.isFirst else {
            message.step = .held
            return
        }
        refuseUnlessDuplicate(message, refusal.outcome(at: loop.now))
    }

    /// A duplicate costs nothing: who is at the limit, or meets a full Redis, still hears that a message had been accepted.
    private func refuseUnlessDuplicate(_ message: OutgoingMessage, _ refusal: SendOutcome) {
        guard message.key != nil, questions.mayAsk(for: message.sender.user, at: loop.now) else {
            return end(message, refusal)
        }
        recall.askRedis(message) { [self] finding in
            switch finding {
            case .known(let reply) where reply.isKeyTaken: answered(message, reply)
            default: end(message, refusal)
            }
        }
    }

    // MARK: Its place

    private func accept(_ message: OutgoingMessage) {
        guard !message.isSettled else { return abandon(message) }
        message.step = .ready
        message.lane.map { places.offer($0, of: message.room) }
    }

    private func prepare(_ message: OutgoingMessage) -> PlaceCalls.Call? {
        // Redis would find it late: its sender is about to be told that it certainly has no place.
        guard message.patience(at: loop.now) > Self.clockMilliseconds else { return nil }
        guard let run = redis.runID, redis.isConnected else {
            again(message, accept)
            return nil
        }
        guard !message.mayBeAccepted || message.triedIn == run else {
            startOver(message, in: run)
            return nil
        }
        message.triedIn = run
        let before = message.mayBeAccepted
        message.mayBeAccepted = true
        let id = message.identify(at: clock.time(at: loop.now), from: &random)
        return PlaceCalls.Call(
            attempt: RoomCalls.Try(message: message, id: id, notAfter: notAfter(message)), before: before)
    }

    private func placed(_ call: PlaceCalls.Call, _ result: PlaceCalls.Answer) {
        let message = call.attempt.message
        switch result {
        case .failure(let error):
            if error.hadNoEffect { message.mayBeAccepted = call.before }
            failed(message, error, accept)
        case .success(let reply):
            departures.answered(message)
            message.mayBeAccepted = call.before
            guard let reply = AcceptReply(reply, to: call.attempt.id) else {
                return end(message, .refused(.internalError))
            }
            answered(message, reply)
        }
    }

    /// Goes on in another run of Redis with what was on its way when the one before went away.
    ///
    /// This one may not know that it was accepted, while the archive has it: so no other place may get its id, and the
    /// archive is asked about its key.
    private func startOver(_ message: OutgoingMessage, in run: RunID) {
        message.step = .working
        message.forgetID()
        message.triedIn = run
        if message.key == nil { accept(message) } else { ask(message) }
    }

    private func answered(_ message: OutgoingMessage, _ reply: AcceptReply) {
        switch reply {
        case .placed(let id, let position, let isDuplicate, let stored):
            // Without a key there are no duplicates; and this message may have been accepted at an earlier try.
            let isDuplicate = isDuplicate && message.key != nil && !message.wasTried(as: id)
            if !isDuplicate {
                directNotices.tell(message.room, position)
            } else if clock.time(at: loop.now) - id.milliseconds < Self.tellsAgainMilliseconds {
                directNotices.tellAgain(message.room, position)
            }
            confirm(message, .accepted(id, position, isDuplicate: isDuplicate, stored: stored))
        case .unloaded: load(message, accept)
        case .clock(let time):
            // Nothing stands under the old id, or it would have been known again; and if a try under it still comes,
            // the next one is known by the same digest.
            heard(time)
            message.forgetID()
            again(message, accept)
        case .late(let time): late(message, time, accept)
        case .after: accept(message)
        case .refused(let code): end(message, .refused(code))
        case .unseen: end(message, .refused(.internalError))
        }
    }

    /// Waits for the replicas; what is in the archive needs none.
    private func confirm(_ message: OutgoingMessage, _ outcome: SendOutcome) {
        guard let replicas, let run = redis.runID,
            case .accepted(_, let position, let isDuplicate, let stored) = outcome, position.seq > stored
        else { return end(message, outcome) }
        if isDuplicate { limit.giveBack(message) }
        message.mayBeAccepted = true
        replicas.wait(for: message, acceptedIn: run) { [self] isSafe in
            end(message, isSafe ? outcome : .refused(.timeout))
        }
    }

    private func load(_ message: OutgoingMessage, _ step: @escaping Step) {
        message.step = .working
        holdUps.note(at: loop.now)
        directory.load(message.room, for: message.sender.user) { [self] result in
            switch result {
            case .success: step(message)
            case .failure(.refused(let code)) where !code.isRetryable: end(message, .refused(code))
            case .failure: again(message, step)
            }
        }
    }

    /// Tells how it ended; also called for one that was given up, when its answer comes after all.
    private func end(_ message: OutgoingMessage, _ outcome: SendOutcome) {
        let outcome = message.mayBeAccepted ? outcome.withoutCertainty : outcome
        switch outcome {
        case .accepted(_, _, isDuplicate: false, _): break
        // It may count: a user who gets a unit too few for a while is better off than one who gets one too many.
        case .refused where message.mayBeAccepted: break
        default: limit.giveBack(message)
        }
        message.settle(outcome)
        if message.isFirst { tell(message) }
    }

    /// Tells its sender how it ended, if that is known.
    private func tell(_ message: OutgoingMessage) {
        guard let (lane, outcome, done) = message.leave() else { return }
        patience.leave(message)
        metrics.note(outcome, milliseconds: loop.now.milliseconds(since: message.began))
        departures.ended(message)
        if !lane.isEmpty { places.offer(lane, of: message.room) }
        done(outcome)
    }

    private func giveUp(_ message: OutgoingMessage) {
        giveUp(message, holdUps.refusal(of: message.arrived, heard: redis.lastHeard, at: loop.now))
    }

    private func giveUp(_ message: OutgoingMessage, _ code: ErrorCode) {
        // One before it is still under way, and its own end is known.
        guard !message.isSettled else { return tell(message) }
        metrics.unanswered.add()
        end(message, .refused(code))
    }

    /// It was given up on the way: nothing more is tried, so that it cannot appear, and its unit is nobody's.
    private func abandon(_ message: OutgoingMessage) {
        if !message.mayBeAccepted { limit.giveBack(message) }
    }

    // MARK: Trying again

    private func failed(_ message: OutgoingMessage, _ error: RedisError, _ step: @escaping Step) {
        switch error.code {
        case nil: again(message, step)
        case "OOM": end(message, .refused(.overloaded))
        case .some where error.passesByItself: again(message, step)
        case .some: end(message, .refused(.internalError))
        }
    }

    /// Redis says that it is too late where we say that it is not: then our idea of its clock is wrong.
    private func late(_ message: OutgoingMessage, _ time: Int64, _ step: @escaping Step) {
        heard(time)
        again(message, step)
    }

    private func again(_ message: OutgoingMessage, _ step: @escaping Step) {
        holdUps.note(at: loop.now)
        guard !message.isSettled else { return abandon(message) }
        message.step = .working
        loop.schedule(afterMilliseconds: Self.retryMilliseconds) { step(message) }
    }

    private func notAfter(_ message: OutgoingMessage) -> Int64 {
        clock.time(at: loop.now) + Int64(message.patience(at: loop.now) - Self.clockMilliseconds)
    }
}
