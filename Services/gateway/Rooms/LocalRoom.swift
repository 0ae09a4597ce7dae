import Bus
import Engine
import Hosting
import Redis
import Schema
import Web

/// A room that somebody here follows: its subscription, and the work that its fan-out asks for.
///
/// Belongs to its loop. What is given to whom is decided by `RoomFanOut` alone.
final class LocalRoom: ChannelListener {
    let id: RoomID
    let reader: LogReader
    /// Joins under way, which keep the subscription.
    var holds = 0

    private var fanOut = RoomFanOut<Listeners>()
    private let listeners: Listeners
    private let services: RoomServices
    private var isConfirmed = false
    private var confirmations = 0
    private var awaitingConfirmation = Waits<Bool>()
    /// Envelopes that have come in this turn.
    private var arrived: [LogEnvelope<MessageFrame>] = []
    private var arrivedBytes = 0

    init(_ id: RoomID, services: RoomServices) {
        self.id = id
        self.services = services
        listeners = Listeners(id, metrics: services.metrics)
        reader = LogReader(
            id, recent: services.recent, archive: services.archive, metrics: services.metrics)
    }

    /// The highest seq that this process has had of the room from Redis.
    var knownSeq: Int64 { fanOut.knownSeq }
    /// The newest version of the member list that anybody has told of.
    var newestMV: Int64 { fanOut.newestMV }
    var hasMembers: Bool { !fanOut.members.isEmpty }
    var isUnused: Bool { !hasMembers && holds == 0 }

    // MARK: Subscription

    func subscribe() { services.channels.subscribe(Keys.roomChannel(id), self) }

    func unsubscribe() {
        services.channels.unsubscribe(Keys.roomChannel(id))
        settleConfirmation(false)
    }

    /// Tells one time of being subscribed from another; nil while it is not.
    var confirmation: Int? { isConfirmed ? confirmations : nil }

    /// Waits until whatever is published from now on arrives here; false where that takes too long.
    func awaitSubscription() async -> Bool {
        guard !isConfirmed else { return true }
        var number: UInt64 = 0
        let answer = await services.loop.firstAnswer(
            withinMilliseconds: RoomServices.patienceMilliseconds
        ) { number = awaitingConfirmation.enter($0) }
        if answer == nil { awaitingConfirmation.gaveUp(number) }
        return answer ?? false
    }

    /// Learns where the log stands from somebody who has read it since the subscription was confirmed.
    func stood(at position: LogPosition) { perform(fanOut.stood(at: position, listeners)) }

    /// The subscription was lost; what is published meanwhile is read when it is back.
    func subscriptionLost() { isConfirmed = false }

    func confirmed() {
        isConfirmed = true
        confirmations += 1
        settleConfirmation(true)
        perform(fanOut.resync(listeners))
    }

    private func settleConfirmation(_ result: Bool) {
        for settle in awaitingConfirmation.takeAll() { settle(result) }
    }

    // MARK: Live

    func received(_ bytes: UnsafeRawBufferPointer) {
        guard let head = EnvelopeHead(reading: bytes) else { return }
        let frame = MessageFrame(text: bytes)
        guard let envelope = LogEnvelope(head, frame) else {
            takeArrived()
            return deliverEphemeral(frame, head)
        }
        if arrived.isEmpty { services.loop.beforeSending { [weak self] in self?.takeArrived() } }
        arrived.append(envelope)
        arrivedBytes += envelope.size
        services.loop.owe(bytes.count * fanOut.members.count)
        // A reader who does not read can be spared only what is not joined to what has partly left.
        if arrivedBytes >= Self.mostGatheredBytes { takeArrived() }
    }

    /// Gives what has come in this turn: together, so that it costs each receiver one buffer.
    private func takeArrived() {
        guard !arrived.isEmpty else { return }
        let envelopes = arrived
        arrived = []
        arrivedBytes = 0
        perform(fanOut.received(envelopes, listeners))
    }

    private static let mostGatheredBytes = 16_384

    /// What is no part of the log goes to the others, never back to the one who caused it.
    private func deliverEphemeral(_ frame: MessageFrame, _ head: EnvelopeHead) {
        fanOut.forEachLive { listener in
            if listener.session.user != head.user { listener.session.send(frame, ephemeral: head) }
        }
    }

    /// Compares with where the room stands in Redis: quiet rooms show by nothing else that something was missed.
    func compare(with mark: RoomMark) {
        if let extent = mark.extent, let last = fanOut.last, extent.goesBeyond(last) {
            services.metrics.quietDifferences.add()
            perform(fanOut.resync(listeners))
        }
        // A list that auth does not vouch for in this run of Redis tells nothing: it is loaded first, then compared.
        let isVouched = mark.loaded != nil && mark.loaded == services.redis.runID
        perform(isVouched ? fanOut.stands(atMV: mark.mv) : fanOut.recheck())
    }

    // MARK: What the fan-out asks for

    private func perform(_ requests: [RoomFanOut<Listeners>.Request]) {
        listeners.countGiven()
        for request in requests {
            switch request {
            case .readFeed(let after, let until):
                services.metrics.holes.add()
                services.loop.spawn { await self.readFeed(after: after, until: until) }
            case .read(let listener, let ticket, let after, let until):
                services.loop.spawn { await self.read(for: listener, ticket, after: after, until: until) }
            case .awaitRoom(let listener, let ticket):
                services.loop.spawn {
                    await listener.session.waitForRoom()
                    self.perform(self.fanOut.drained(listener, ticket: ticket, self.listeners))
                }
            case .checkMembers(let mv):
                services.loop.spawn { await self.checkMembers(mv) }
            }
        }
    }

    private func readFeed(after place: LogPosition, until: Int64) async {
        guard let page = await patiently(after: place, until: until, while: { !self.isUnused }) else {
            return
        }
        perform(fanOut.feedRead(page, until: until, listeners))
    }

    private func read(
        for listener: Listener, _ ticket: UInt64, after place: LogPosition, until: Int64
    ) async {
        let isHere = { self.fanOut.ticket(of: listener) == ticket }
        guard let page = await patiently(after: place, until: until, while: isHere) else { return }
        perform(fanOut.read(page, until: until, for: listener, ticket: ticket, listeners))
    }

    /// Reads a page, waiting for Redis as long as it takes and for the archive as long as is bearable.
    private func patiently(
        after place: LogPosition, until: Int64, while isWanted: () -> Bool
    ) async -> LogReader.Page? {
        let began = services.loop.now
        while isWanted() {
            do throws(LogReader.Failure) {
                return try await reader.page(after: place, until: until)
            } catch {
                let waited = services.loop.now.milliseconds(since: began)
                if let page = giveUp(on: error, after: waited) { return page }
            }
            await services.loop.sleep(milliseconds: RoomServices.retryMilliseconds)
        }
        return nil
    }

    /// What there is without an archive that has not answered for too long.
    private func giveUp(on failure: LogReader.Failure, after waited: Int) -> LogReader.Page? {
        switch failure {
        case .redis(let error):
            services.log.debug("log not read yet", .room(id.text), .error(error))
            return nil
        case .archive(let error, let page):
            guard waited >= RoomServices.archivePatienceMilliseconds else { return nil }
            services.log.warn("the archive does not answer for a hole", .room(id.text), .error(error))
            services.metrics.unsought.add()
            return page
        }
    }

    /// A member list that may be newer than the one known here: nobody is given its envelopes before it is compared.
    ///
    /// Auth tells of each change; where that comes a moment after the first envelope, nobody need be asked.
    private func checkMembers(_ mv: Int64) async {
        if mv > fanOut.verifiedMV {
            await services.loop.sleep(milliseconds: RoomServices.controlMilliseconds)
            guard mv > fanOut.verifiedMV else { return perform(fanOut.checked(mv: mv, listeners)) }
        }
        var seen = mv
        while hasMembers {
            if let list = await compareMembers() {
                seen = max(mv, list)
                break
            }
            await services.loop.sleep(milliseconds: RoomServices.retryMilliseconds)
        }
        perform(fanOut.checked(mv: seen, listeners))
    }

    /// The member list, which auth vouches for, stays behind what was told of it: PostgreSQL was set back.
    ///
    /// Those here are compared with it, and later changes count from there on.
    func memberListSetBack(to mv: Int64) {
        services.log.warn(
            "member list was set back", .room(id.text),
            ["told": .int(Int(clamping: newestMV)), "list": .int(Int(clamping: mv))])
        perform(fanOut.setBack(toMV: mv))
    }

    /// Puts out who is no member, and returns the version of the list; nil where nobody can tell.
    func compareMembers() async -> Int64? {
        services.metrics.memberChecks.add()
        var comparison = MemberComparison()
        do throws(BusError) {
            while let users = comparison.next(seenBefore: users) {
                let list = try await services.directory.members(among: users, of: id)
                // From now on nobody comes in by an older one.
                fanOut.learn(ofMV: list.mv)
                comparison.answered(mv: list.mv)
                for user in users where !list.members.contains(user) {
                    services.evict(user, id, .removed, list.mv &+ 1)
                }
            }
            return comparison.mv
        } catch .refused(.roomDenied), .refused(.userNotFound) {
            for user in users() { services.evict(user, id, .roomDeleted, .max) }
            return 0
        } catch {
            services.log.debug("members not compared yet", .room(id.text), .error(error))
            return nil
        }
    }

    private func users(seenBefore mv: Int64 = .max) -> [UserHandle] {
        sessions(seenBefore: mv).compactMap(\.user)
    }

    // MARK: Members

    func has(_ session: Session) -> Bool { fanOut.ticket(of: Listener(session: session)) != nil }

    /// How far a connection that is here has been given the log.
    func place(of session: Session) -> LogPosition? { fanOut.place(of: Listener(session: session)) }

    /// Those here who were seen to be members before this version of the list, of one user or of all.
    func sessions(of user: UserHandle? = nil, seenBefore mv: Int64 = .max) -> [Session] {
        fanOut.members.filter { listener in
            (user == nil || listener.session.user == user) && fanOut.mv(of: listener) ?? .max < mv
        }.map(\.session)
    }

    /// Lets a connection in: it is given the page, then what follows after its place, then what comes.
    func enter(_ session: Session, mv: Int64, at place: LogPosition?, with page: LogReader.Page) {
        perform(fanOut.enter(Listener(session: session), mv: mv, at: place, with: page, listeners))
    }

    /// Says whether it was in.
    func remove(_ session: Session) -> Bool { fanOut.leave(Listener(session: session)) }

    /// Hears of one change of the member list, which has been acted upon here.
    func heard(mv: Int64) {
        fanOut.heard(mv: mv)
        guard let checking = fanOut.checking, checking <= fanOut.verifiedMV else { return }
        perform(fanOut.checked(mv: checking, listeners))
    }
}
