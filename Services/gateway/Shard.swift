import Bus
import Engine
import Hosting
import Redis
import Schema
import Tokens
import Web

/// All that lives on one loop: the connections, the rooms they follow, the people they belong to.
///
/// Belongs to its loop; made and wired by `GatewayLoop`.
final class Shard {
    let loop: EventLoop
    let config: GatewayConfig
    let log: Log
    let metrics: GatewayMetrics
    let redis: RedisClient
    let rpc: RPCClient
    let authority: Authority
    let directory: RoomDirectory
    let rooms: Rooms
    let quiet: QuietRooms
    let people: People<Session>
    let presence: Presence
    let sender: MessageSender
    let stored: StoredWatch
    let sessionRooms: SessionRooms
    let degradation: Degradation
    let pageRoom: PageRoom

    /// Called when Redis had lost what this process had stated.
    var onForgotten: (() -> Void)?

    private let review: MemberReview
    private let compression: Compression?
    private let entrance: Entrance
    private lazy var dismissal: Entrance.Dismissal = { [here = Addressee(self, on: loop)] number, bound in
        here.send { $0.pushOut(number, bound) }
    }
    /// Those who have not said yet who they are.
    private var strangers: [UInt64: Session] = [:]
    private var sessions: [ObjectIdentifier: Session] = [:]
    private var ticker: Timer?
    /// The connections whose rooms to rejoin are to be stated again.
    private lazy var restating = Slices<ObjectIdentifier>(loop: loop) { [weak self] in
        guard let session = self?.sessions[$0] else { return }
        session.keepRooms(session.joined)
    }
    /// How many connections have not ended, those included whose conversation is over.
    private var sockets = 0
    /// Whether new clients are sent elsewhere.
    var isDraining = false

    init(
        loop: EventLoop, config: GatewayConfig, log: Log, metrics: GatewayMetrics, redis: RedisClient,
        rpc: RPCClient, authority: Authority, directory: RoomDirectory, rooms: Rooms,
        people: People<Session>, presence: Presence, sender: MessageSender, stored: StoredWatch,
        degradation: Degradation, entrance: Entrance, pageRoom: PageRoom
    ) {
        self.loop = loop
        self.config = config
        self.log = log
        self.metrics = metrics
        self.redis = redis
        self.rpc = rpc
        self.authority = authority
        self.directory = directory
        self.rooms = rooms
        quiet = QuietRooms(loop: loop, redis: redis, rooms: rooms)
        self.people = people
        self.presence = presence
        self.sender = sender
        self.stored = stored
        sessionRooms = SessionRooms(loop: loop, redis: redis, limit: config.limits.rooms)
        self.degradation = degradation
        review = MemberReview(loop: loop, rooms: rooms)
        compression = metrics.compression(minimumBytes: config.compressMinBytes)
        self.entrance = entrance
        self.pageRoom = pageRoom
    }

    func start() {
        ticker = loop.scheduleRepeating(everyMilliseconds: 1_000) { [weak self] in self?.tick() }
        sender.recall.isArchiveAnswering = { [degradation] in degradation.isHistoryAnswering }
        stored.isArchiveReadable = { [degradation] in degradation.isArchiveReadable }
        sender.start()
        quiet.start()
        rooms.onEvicted = { $0.evicted(from: $1, $2) }
        people.onDirectMessage = { [weak self] in self?.direct($0, $1, $2) }
        people.onDeadLetter = { [weak self] in self?.dead($0, $1) }
        authority.onRevoked = { [weak self] in self?.revoked($0) }
        authority.onReloaded = { [weak self] in self?.reviewTokens() }
        degradation.onNotice = { [weak self] in self?.tellAll($0) }
        degradation.start()
    }

    private func tick() {
        let (now, timeOfDay) = (loop.now, WallClock.milliseconds())
        for session in sessions.values { session.tick(now, timeOfDay: timeOfDay) }
        weighMemory()
    }

    private func tellAll(_ frame: MessageFrame) {
        for session in sessions.values where session.user != nil { session.send(frame) }
    }

    /// How much waits in the whole gateway to be sent or accepted.
    var heldBytes: Int { SharedBytes.bytesAlive + sender.backlog.bytes }

    /// Looks how much waits in the gateway; says whether nobody may come in.
    @discardableResult
    private func weighMemory() -> Bool {
        let held = heldBytes
        let weight = entrance.weigh(held)
        guard weight.hasChanged else { return weight.isOver }
        if weight.isOver {
            log.warn("too much waits here: new connections are closed", ["bytes": .int(held)])
        } else {
            log.info("new connections are let in again", ["bytes": .int(held)])
        }
        return weight.isOver
    }

    // MARK: Connections

    /// Decides on a request that asks for WebSocket.
    func upgrade(_ request: Request) -> Upgrade? {
        // Of another method the upgrade is passed over (RFC 9110, 7.8): it is answered by what there is here, 405.
        guard request.method == .get, let arrival = Arrival(request) else { return nil }
        guard !isDraining else {
            return .refused(Shard.draining)
        }
        let credentials = Credentials(request, allowsQueryToken: config.allowsQueryToken)
        let isWelcome = config.hosting.origins.allows(
            origins: request.headers.values("Origin"), host: request.host)
        let address = AddressKey(config.proxies.client(of: request))
        let limits = config.webSocket
        return Upgrade.webSocket(
            request, subprotocol: "chat.v1", limits: limits, compression: compression
        ) { [self] connection in
            open(connection, arrival, from: address, isWelcome ? credentials : nil)
        }
    }

    /// Not on this connection again: the load balancer turns to another gateway.
    private static var draining: Response {
        var response = Problem(.serviceUnavailable, "draining", retryAfterSeconds: 1).response
        response.headers["Connection"] = "close"
        return response
    }

    private func open(
        _ connection: WebSocketConnection, _ arrival: Arrival, from address: AddressKey,
        _ credentials: Credentials?
    ) {
        let isJudging = credentials.map { $0 != .none } ?? false
        let session = Session(
            connection, arrival: arrival, address: address, isJudging: isJudging, shard: self)
        sessions[ObjectIdentifier(session)] = session
        sockets += 1
        metrics.connections.add()
        metrics.opened.add()
        let isOver = weighMemory()
        guard entrance.opened(from: address) else {
            return turnDown(session, .connectionsPerAddress, .tooManyConnections)
        }
        guard !isOver else {
            metrics.turnedAway.add()
            return turnDown(session, .memory, .overloaded)
        }
        guard let credentials else { return turnDown(session, .origin, .originDenied) }
        let stranger = entrance.strangerCame(from: address, dismissal)
        let number = stranger.number
        session.number = number
        strangers[number] = session
        stranger.pushedOut?.tell()
        session.begin(credentials)
    }

    /// One who has not said yet who they are goes for the sake of others, unless they have said so meanwhile.
    func pushOut(_ number: UInt64, _ limit: EdgeLimit) {
        if let session = strangers[number] { turnDown(session, limit, .tooManyConnections) }
    }

    /// A connection holds so many bytes of an unfinished message: of those who have not said who they are, that counts.
    func holds(_ session: Session, bytes: Int) {
        guard let number = session.number, strangers[number] != nil else { return }
        for pushedOut in entrance.strangerHolds(number, bytes: bytes) { pushedOut.tell() }
    }

    /// The socket of a connection is closed.
    func socketGone() { sockets -= 1 }

    private func turnDown(_ session: Session, _ limit: EdgeLimit, _ reason: CloseReason) {
        metrics.met(limit)
        session.close(reason)
    }

    /// It has proved who it is: it counts no more among those of whom nobody knows that.
    func isKnown(_ session: Session) {
        guard let number = session.number, strangers.removeValue(forKey: number) != nil else { return }
        entrance.strangerLeft(number)
    }

    /// Says whether the connection may stay.
    func admitted(_ session: Session, _ identity: Identity) -> Bool {
        people.arrived(session, identity.user)
        guard entrance.admitted(identity.user) else {
            turnDown(session, .connectionsPerUser, .tooManyConnections)
            return false
        }
        session.log.debug("connection admitted", .user(identity.user.text))
        return true
    }

    /// Whether a token minted elsewhere may name somebody whom auth has never seen, and others could not write to.
    func isStranger(_ identity: Identity) -> Bool {
        config.tokens.algorithm == .hs256 && !entrance.knows(identity.user)
    }

    /// Tells auth of somebody; without an answer in time they are let in all the same, and told of again.
    func introduce(_ identity: Identity) async {
        let person: JSONValue = [
            "user": .string(identity.user.text), "name": .string(identity.name),
            "roles": .array(identity.roles.map { .string($0) }),
        ]
        let answer = try? await rpc.call("auth", "account_seen", person, timeoutMilliseconds: 2_000)
        if answer != nil { entrance.introduced(identity.user) }
    }

    func ended(_ session: Session, _ identity: Identity?, wasLost: Bool) {
        guard sessions.removeValue(forKey: ObjectIdentifier(session)) != nil else { return }
        metrics.connections.add(-1)
        metrics.closed.add()
        entrance.ended(from: session.address)
        isKnown(session)
        if let identity {
            entrance.ended(identity.user)
            for room in session.joined { rooms.remove(session, from: room) }
            for room in session.uninvited { rooms.remove(session, from: room) }
            for room in session.present { presence.left(room, identity.user, wasLost: wasLost) }
            people.departed(session, identity.user, wasLost: wasLost)
        }
        session.joined = RoomSet()
        session.uninvited = UninvitedRooms()
        session.present = RoomSet()
    }

    /// Redis may have lost what it knew: the rooms to rejoin are stated again.
    func restateRooms() { restating.begin(Array(sessions.keys)) }

    // MARK: What is decided elsewhere

    func hear(_ event: ControlEvent) {
        authority.hear(event)
        switch event {
        case .members(let changes): for change in changes { rooms.hear(change) }
        case .room(let change): rooms.hear(change)
        case .limits: loadPolicies()
        case .reload:
            loadPolicies()
            review.begin()
            restateRooms()
            onForgotten?()
        case .keys, .revoked: break
        }
    }

    /// Loads what the control log cannot tell any more: at start, and when some of it may have been missed.
    func reload() {
        authority.load()
        loadPolicies()
        review.begin()
    }

    private func loadPolicies() {
        guard !config.limitsAreOff else { return }
        let standard = LimitPolicy(
            messages: config.limits.messagesPerWindow, seconds: config.limits.windowSeconds)
        if sender.limit.policies == nil { sender.limit.policies = LimitPolicies(standard: standard) }
        loop.spawn {
            guard let policies = try? await LimitPolicies.load(standard: standard, from: self.redis) else {
                return
            }
            self.sender.limit.policies = policies
        }
    }

    private func revoked(_ revocation: Revocation) {
        for session in sessions.values {
            if let identity = session.state.identity, revocation.covers(identity) {
                session.close(.tokenRevoked)
            }
        }
    }

    private func reviewTokens() {
        for session in sessions.values {
            if let identity = session.state.identity, let objection = authority.objection(to: identity) {
                session.close(objection.closeReason)
            }
        }
    }

    // MARK: The end

    /// Sends every client to another gateway; returns when all have gone or the time is over.
    func drain(milliseconds: Int) async {
        let drain = Drain(
            loop: loop, sessions: Array(sessions.values), milliseconds: milliseconds, loops: config.loops,
            log: log
        ) { [self] in sockets }
        await drain.run()
    }
}
