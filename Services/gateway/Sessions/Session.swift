import Bus
import Engine
import Hosting
import Schema
import Web

/// One client's connection: who it is, which rooms it follows, and what it asks.
///
/// Belongs to its loop. What frames ask for is in `Commands/`, a file for each kind.
final class Session: WebSocketOwner {
    let id: String
    /// Whom it counts for: the client's own address, as far as the proxies on the way are believed.
    let address: AddressKey
    let shard: Shard
    /// What the entrance knows it by, from when it waits to say who it is.
    var number: UInt64?
    /// The room of `/ws/{room}`, which frames may leave out.
    private(set) var defaultRoom: RoomID?
    /// The rooms joined, and those whose join is under way.
    var joined = RoomSet()
    /// The rooms in which it has been stated as being there.
    var present = RoomSet()
    /// The rooms it follows because of direct messages.
    var uninvited = UninvitedRooms()
    /// How far it was given the direct rooms that it follows no more.
    var left = LeftRooms(since: .max)
    var roomLanes: [RoomID: Lane<RoomWork>] = [:]
    /// The lanes of its messages, made when they are first asked for: most connections never send one.
    private(set) lazy var sendLanes = SendLanes()
    var waitingBytes = 0
    var questionsUnderWay = 0
    /// The pages of history that it is sent: most never ask for one.
    private(set) lazy var pages = Turns(most: Session.pagesAtOnce)
    var typing: [RoomID: TypingRoom] = [:]
    /// What it has had no room for.
    var kept = Conflation()

    var state: SessionState
    private let connection: WebSocketConnection
    /// What it asked for as it came, until that has been done.
    var arrival: Arrival?
    /// What its request was part of.
    let trace: TraceParent?
    /// What its room was asked for as it came, until that is taken.
    var early: EarlyStanding?
    private var waitingFrames: [[UInt8]] = []
    private var waitingForRoom: [() -> Void] = []
    private var heartbeat: Heartbeat
    /// Until when it has to have said who it is.
    var deadline: Timer?
    private var pace: FramePace
    private var holds: ReadHolds = [] {
        didSet { connection.intake = holds.intake }
    }

    init(
        _ connection: WebSocketConnection, arrival: Arrival, address: AddressKey, isJudging: Bool,
        shard: Shard
    ) {
        self.connection = connection
        self.address = address
        self.arrival = arrival
        trace = arrival.trace
        self.shard = shard
        id = Session.makeID()
        state = SessionState(isJudging: isJudging)
        heartbeat = Heartbeat(from: shard.loop.now)
        pace = FramePace(perSecond: shard.config.framesPerSecond, now: shard.loop.now)
        defaultRoom = arrival.room?.room
        connection.sendLimit = shard.config.sendQueueBytes
        connection.owner = self
    }

    var user: UserHandle? { state.identity?.user }
    var log: Log { shard.log.with(.connection(id)) }

    /// The room has its name already: another copy would be kept as long as this connection is.
    func share(nameOf room: LocalRoom) {
        if defaultRoom == room.id { defaultRoom = room.id }
    }

    // MARK: Sending

    /// Queues a frame that others may be sent too.
    func send(_ frame: MessageFrame) { connection.send(frame) }

    func send(_ bytes: [UInt8]) { connection.sendText(bytes) }

    func send(
        _ payload: some Payload, replyTo: ReplyID? = nil, room: RoomID? = nil, user: UserHandle? = nil
    ) {
        send(ServerFrame.bytes(payload, replyTo: replyTo, room: room, user: user))
    }

    func fail(_ code: ErrorCode, field: String? = nil, replyTo: ReplyID?, room: RoomID? = nil) {
        send(Failure(code, field: field), replyTo: replyTo, room: room)
    }

    /// Where a command shows only to others, its sender is told that it was carried out, if it asked by an id.
    func confirm(_ replyTo: ReplyID?) {
        if let replyTo { send(Bare(.ok), replyTo: replyTo) }
    }

    func close(_ reason: CloseReason) {
        connection.close(CloseCode(reason.code), reason: reason.word)
    }

    /// Takes nothing more from the client; what it has sent is carried out.
    func hearNoMore() { holds.insert(.ending) }

    /// Whether something that it has sent has been read and not carried out.
    var hasUnheard: Bool { connection.hasUndelivered || !waitingFrames.isEmpty }

    /// Ends the connection without a word.
    func abort() { connection.abort() }

    var isOpen: Bool { connection.isOpen }

    /// Whether another envelope of a log, or a page, may be queued.
    var hasRoom: Bool { connection.hasRoom || !connection.isOpen }

    /// Waits until there is room for another envelope of a log, or a page.
    func waitForRoom() async {
        // Others have waited too, and may have filled it again.
        while !hasRoom {
            await withCheckedContinuation { continuation in
                waitingForRoom.append { continuation.resume() }
            }
        }
    }

    func drained() {
        sendKept()
        let waiting = waitingForRoom
        waitingForRoom = []
        for resume in waiting { resume() }
    }

    // MARK: Receiving

    /// Counts a frame of any kind; one too many, and the rest has to wait.
    func frameBegan() { spend(1) }

    private func spend(_ units: Int) {
        guard pace.spend(units, at: shard.loop.now), !holds.contains(.pace) else { return }
        shard.metrics.met(.frameRate)
        holds.insert(.pace)
        readWhenDue()
    }

    private func readWhenDue() {
        guard let pause = pace.pause(at: shard.loop.now) else {
            holds.remove(.pace)
            return
        }
        shard.loop.schedule(afterMilliseconds: pause) { [self] in readWhenDue() }
    }

    func received(text bytes: UnsafeRawBufferPointer) {
        shard.metrics.frames.add()
        let more = FramePace.unitsBeyondTheFirst(ofBytes: bytes.count)
        if more > 0 { spend(more) }
        if case .judging = state.phase {
            waitingFrames.append(Array(bytes))
            // This one only: what has been read with it is kept as it came, and the rest waits in the kernel.
            holds.insert(.judging)
            return
        }
        carryOut(bytes)
    }

    /// Carries out what came while it was judged.
    func carryOutWaiting() {
        guard !waitingFrames.isEmpty else { return }
        let frames = waitingFrames
        waitingFrames = []
        for frame in frames where connection.isOpen { frame.withUnsafeBytes { carryOut($0) } }
        holds.remove(.judging)
    }

    private func carryOut(_ bytes: UnsafeRawBufferPointer) {
        // Before it is taken apart, which is what a stranger could have us do for nothing.
        let isFlood = state.identity == nil && state.noteBeforeKnown(bytes: bytes.count)
        guard !isFlood else { return flooded() }
        do throws(RejectedFrame) {
            let frame = try ClientFrame(
                decoding: bytes, defaultRoom: defaultRoom, limits: shard.config.limits)
            perform(frame)
        } catch {
            refuse(error)
        }
    }

    private func refuse(_ frame: RejectedFrame) {
        shard.metrics.malformed.add()
        let isTooEarly = state.identity == nil && frame.error != .invalidJSON && frame.type != .authenticate
        if isTooEarly { fail(.notAuthenticated, replyTo: frame.replyID) } else { send(frame.answer) }
        if frame.error == .invalidField("metadata") { shard.metrics.met(.metadata) }
        if frame.error.isMalformed, state.noteMalformed(at: shard.loop.now) { flooded() }
    }

    private func flooded() {
        shard.metrics.met(.malformedFrames)
        close(.flood)
    }

    // MARK: Time

    /// Called once a second: heartbeat, and the end of the token, which counts by the time of day (ms).
    func tick(_ now: Instant, timeOfDay: Int64) {
        let due = heartbeat.due(
            at: now, lastHeard: holds.isEmpty ? connection.lastHeard : nil,
            pingSeconds: shard.config.heartbeatSeconds, silenceSeconds: shard.config.silenceSeconds)
        guard !due.contains(.end) else { return connection.abort() }
        if due.contains(.ping) { connection.ping() }
        if due.contains(.restatement) { keepRooms(joined) }
        checkToken(at: timeOfDay)
    }

    /// Warns of a token that ends soon, and closes once it has ended.
    func checkToken(at timeOfDay: Int64 = WallClock.milliseconds()) {
        switch state.adviseOnToken(at: timeOfDay) {
        case .nothing: break
        case .warn(let seconds): send(TokenExpiring(seconds: seconds))
        case .close: close(.tokenExpired)
        }
    }

    // MARK: The end

    func closed(_ info: CloseInfo) {
        let identity = state.identity
        endDeadline()
        endTyping()
        early = nil
        state.closed()
        drained()
        // Whom we sent away is on the way to another gateway, and has not left.
        let wasLost = info.side == .lost || info.reason == CloseReason.draining.word
        if let limit = EdgeLimit(info.error) { shard.metrics.met(limit) }
        if info.side == .local, info.reason == CloseReason.slowConsumer.word {
            shard.metrics.slowConsumers.add()
        }
        shard.ended(self, identity, wasLost: wasLost)
        log.debug(
            "connection ended", ["code": .int(Int(info.code.number)), "reason": .string(info.reason)])
    }

    func held(bytes: Int) { shard.holds(self, bytes: bytes) }

    func gone() { shard.socketGone() }

    private static func makeID() -> String {
        let text = String(UInt64.random(in: 0...(.max)), radix: 36)
        return String(repeating: "0", count: 13 - text.count) + text
    }
}
