import Bus
import Engine
import Hosting
import Redis
import Schema
import Web

/// A room that somebody here follows: its feed, and who is given what.
///
/// Belongs to its loop. Live envelopes are framed once and the same bytes go to every member.
final class LocalRoom {
    let id: RoomID
    private(set) var members: [ObjectIdentifier: Member] = [:]
    private var feed = RoomFeed<SharedBytes>()
    private var isConfirmed = false
    private var awaitingConfirmation: [(Bool) -> Void] = []
    /// The newest version of the member list that auth has told of.
    private(set) var heardMV: Int64 = 0
    /// Joins under way, which keep the subscription.
    var holds = 0

    private let services: RoomServices

    /// One connection in the room.
    final class Member {
        let session: Session
        /// The version of the member list in which it was seen to be a member.
        let mv: Int64
        var cursor = MemberCursor.catchingUp

        init(session: Session, mv: Int64) {
            self.session = session
            self.mv = mv
        }
    }

    init(_ id: RoomID, services: RoomServices) {
        self.id = id
        self.services = services
    }

    /// The highest seq that this process has had of the room from Redis.
    var knownSeq: Int64 { feed.last?.seq ?? 0 }
    var isUnused: Bool { members.isEmpty && holds == 0 }

    // MARK: Subscription

    func subscribe() {
        services.subscriber.subscribe(
            Keys.roomChannel(id), onMessage: { [weak self] in self?.received($0) },
            onReady: { [weak self] in self?.confirmed() })
    }

    func unsubscribe() {
        services.subscriber.unsubscribe(Keys.roomChannel(id))
        settleConfirmation(false)
    }

    /// Waits until whatever is published from now on arrives here; false where that takes too long.
    func awaitSubscription() async -> Bool {
        guard !isConfirmed else { return true }
        return await withCheckedContinuation { continuation in
            var done: ((Bool) -> Void)? = { continuation.resume(returning: $0) }
            let settle: (Bool) -> Void = { result in
                done?(result)
                done = nil
            }
            awaitingConfirmation.append(settle)
            services.loop.schedule(afterMilliseconds: RoomServices.patienceMilliseconds) { settle(false) }
        }
    }

    /// Learns where the log stands from somebody who has read it since the subscription was confirmed.
    func stood(at position: LogPosition) { feed.stood(at: position) }

    /// The subscription was lost; what is published meanwhile is read when it is back.
    func subscriptionLost() { isConfirmed = false }

    private func confirmed() {
        isConfirmed = true
        settleConfirmation(true)
        perform(feed.resync())
    }

    private func settleConfirmation(_ result: Bool) {
        let waiting = awaitingConfirmation
        awaitingConfirmation = []
        for settle in waiting { settle(result) }
    }

    // MARK: Live

    private func received(_ bytes: UnsafeRawBufferPointer) {
        guard let head = EnvelopeHead(reading: bytes) else { return }
        let frame = FrameEncoder.text(bytes)
        guard let position = head.position, let mv = head.mv else { return deliverEphemeral(frame, head) }
        perform(feed.received(RoomFeed.Envelope(position: position, mv: mv, payload: frame)))
    }

    /// What is no part of the log goes to the others, never back to the one who caused it.
    private func deliverEphemeral(_ frame: SharedBytes, _ head: EnvelopeHead) {
        for member in members.values {
            guard case .live = member.cursor, member.session.user != head.user else { continue }
            member.session.send(frame)
        }
    }

    private func perform(_ actions: [RoomFeed<SharedBytes>.Action]) {
        for action in actions {
            switch action {
            case .deliver(let envelope): deliver(envelope.payload, at: envelope.position)
            case .announceEpoch(let first, let last): announceEpoch(first: first, last: last)
            case .announceGap(let epoch, let seqs): announceGap(epoch: epoch, seqs)
            case .fill(let seq): fill(after: seq)
            case .checkMembers(let mv): checkMembers(mv)
            }
        }
    }

    private func deliver(_ frame: SharedBytes, at position: LogPosition) {
        services.metrics.deliveries.add(members.count)
        for member in members.values {
            switch member.cursor.offered(position) {
            case .send: member.session.send(frame)
            case .skip: break
            case .catchUp(let seq): catchUp(member, after: seq)
            }
        }
    }

    private func announceEpoch(first: LogPosition, last: LogPosition) {
        let bytes = ServerFrame.bytes(RoomEpoch(first: first, previous: last), room: id)
        tellLive(FrameEncoder.text(bytes), whenAt: last)
    }

    private func announceGap(epoch: String, _ seqs: ClosedRange<Int64>) {
        let frame = FrameEncoder.text(ServerFrame.bytes(Gap(epoch: epoch, seqs: seqs), room: id))
        let before = LogPosition(epoch: epoch, seq: seqs.lowerBound - 1)
        tellLive(frame, whenAt: before)
        let end = LogPosition(epoch: epoch, seq: seqs.upperBound)
        for member in members.values { member.cursor.skipped(to: end) }
    }

    /// Only who has all up to that place is told here; others come by it as they catch up.
    private func tellLive(_ frame: SharedBytes, whenAt position: LogPosition) {
        for member in members.values {
            if case .live(let last) = member.cursor, last == position { member.session.send(frame) }
        }
    }

    // MARK: Holes

    private func fill(after seq: Int64) {
        services.metrics.holes.add()
        services.loop.spawn { await self.readHole(after: seq) }
    }

    private func readHole(after seq: Int64) async {
        var found: [LoggedEnvelope] = []
        var size = PageSize()
        while !isUnused {
            do throws(RedisError) {
                let after = found.last?.seq ?? seq
                let page = try await services.recent.following(after, of: id, count: size.count)
                found += page
                guard size.isLast(page) || found.count >= RoomServices.fillLimit else { continue }
                return perform(feed.filled(found.compactMap(RoomFeed.Envelope.init)))
            } catch {
                services.log.debug("hole not filled yet", .room(id.text), .error(error))
                await services.loop.sleep(milliseconds: RoomServices.retryMilliseconds)
            }
        }
    }

    /// Gives a member what a join has read, then what follows `last` in the log, then the live envelopes.
    ///
    /// What finds room on the connection goes out at once.
    func begin(_ member: Member, with lead: [LoggedEnvelope], then last: LogPosition, newest: Int64) {
        var rest = lead[...]
        while let envelope = rest.first, member.session.hasRoom {
            member.session.send(FrameEncoder.text(envelope.bytes))
            rest.removeFirst()
        }
        guard !rest.isEmpty || last.seq < max(knownSeq, newest) else { return goLive(member, at: last) }
        services.loop.spawn { await self.give(rest, to: member, then: last) }
    }

    private func give(_ lead: ArraySlice<LoggedEnvelope>, to member: Member, then last: LogPosition) async {
        for envelope in lead {
            await member.session.waitForRoom()
            guard isMember(member) else { return }
            member.session.send(FrameEncoder.text(envelope.bytes))
        }
        await readOn(member, after: last)
    }

    /// Gives a member what follows `seq` in the log, then the live envelopes.
    func catchUp(_ member: Member, after seq: Int64, epoch: String? = nil) {
        let last = LogPosition(epoch: epoch ?? lastEpoch(of: member) ?? "", seq: seq)
        member.cursor = .catchingUp
        services.loop.spawn { await self.readOn(member, after: last) }
    }

    private func readOn(_ member: Member, after last: LogPosition) async {
        var last = last
        var size = PageSize()
        var emptyReads = 0
        while isMember(member) {
            let page = try? await services.recent.following(last.seq, of: id, count: size.count)
            guard let page else {
                await services.loop.sleep(milliseconds: RoomServices.retryMilliseconds)
                continue
            }
            for envelope in page {
                await member.session.waitForRoom()
                guard isMember(member) else { return }
                last = send(envelope, to: member, after: last)
            }
            guard size.isLast(page), isMember(member) else { continue }
            guard last.seq < knownSeq else { return goLive(member, at: last) }
            guard page.isEmpty else { continue }
            emptyReads += 1
            guard emptyReads < 3 else { return skip(member, after: last) }
            await services.loop.sleep(milliseconds: RoomServices.retryMilliseconds)
        }
    }

    private func goLive(_ member: Member, at position: LogPosition) {
        member.cursor = .live(position)
        stood(at: position)
    }

    /// Redis has lost what others here have been given: a member that still lacks it is told so.
    private func skip(_ member: Member, after last: LogPosition) {
        guard let known = feed.last, known.seq > last.seq else { return goLive(member, at: last) }
        member.session.send(Gap(epoch: known.epoch, seqs: last.seq + 1...known.seq), room: id)
        goLive(member, at: known)
    }

    private func lastEpoch(of member: Member) -> String? {
        guard case .live(let position) = member.cursor else { return feed.last?.epoch }
        return position.epoch
    }

    /// Sends one envelope of the log, announcing first what is missing before it.
    private func send(_ envelope: LoggedEnvelope, to member: Member, after last: LogPosition) -> LogPosition {
        guard let position = EnvelopeHead(reading: envelope.bytes)?.position else { return last }
        if !last.epoch.isEmpty, position.epoch != last.epoch {
            member.session.send(RoomEpoch(first: position, previous: last), room: id)
        } else if position.seq > last.seq + 1 {
            member.session.send(Gap(epoch: position.epoch, seqs: last.seq + 1...position.seq - 1), room: id)
        }
        member.session.send(FrameEncoder.text(envelope.bytes))
        return position
    }

    // MARK: Members

    /// Who is here, by whatever connections.
    var users: Set<UserHandle> { Set(members.values.compactMap(\.session.user)) }

    func isMember(_ member: Member) -> Bool { members[ObjectIdentifier(member.session)] === member }

    func member(_ session: Session) -> Member? { members[ObjectIdentifier(session)] }

    func add(_ session: Session, mv: Int64) -> Member {
        let member = Member(session: session, mv: mv)
        members[ObjectIdentifier(session)] = member
        return member
    }

    /// Says whether it was in.
    func remove(_ session: Session) -> Bool { members.removeValue(forKey: ObjectIdentifier(session)) != nil }

    /// The members are known to be such as of this version of the list.
    func vouch(mv: Int64) {
        guard members.isEmpty else { return feed.heard(mv: mv) }
        perform(feed.checked(mv: mv))
    }

    func heard(mv: Int64) {
        heardMV = max(heardMV, mv)
        feed.heard(mv: mv)
    }

    /// A newer member list than the one known here: nobody is given the envelope before it has been compared.
    private func checkMembers(_ mv: Int64) {
        let users = Array(users)
        guard !users.isEmpty else { return perform(feed.checked(mv: mv)) }
        services.loop.spawn { await self.compare(users, mv) }
    }

    private func compare(_ users: [UserHandle], _ mv: Int64) async {
        let command: [RedisArgument] = ["HMGET", .text(Keys.members(id))] + users.map { .text($0.text) }
        while !members.isEmpty {
            if let reply = try? await services.redis.call(command) {
                let gone = users.enumerated().filter { reply[$0.offset].isNull }.map(\.element)
                for user in gone { services.evict(user, id, .removed) }
                break
            }
            await services.loop.sleep(milliseconds: RoomServices.retryMilliseconds)
        }
        perform(feed.checked(mv: mv))
    }
}

extension RoomFeed.Envelope where Payload == SharedBytes {
    fileprivate init?(_ envelope: LoggedEnvelope) {
        guard let head = EnvelopeHead(reading: envelope.bytes), let position = head.position, let mv = head.mv
        else {
            return nil
        }
        self.init(position: position, mv: mv, payload: FrameEncoder.text(envelope.bytes))
    }
}
