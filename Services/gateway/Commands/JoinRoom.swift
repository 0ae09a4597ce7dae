import Bus
import Engine
import Hosting
import Redis
import Schema
import Web

extension Session {
    /// `join_room`: subscribe, confirm, read, send, then live.
    func join(_ request: JoinRoom, replyTo: ReplyID?, closesWhenDenied: Bool = false) async {
        guard let identity = state.identity else { return }
        guard joined.contains(request.room) || joined.count < shard.config.limits.rooms else {
            shard.metrics.met(.rooms)
            return fail(.tooManyRooms, replyTo: replyTo, room: request.room)
        }
        guard identity.mayEnter(request.room), request.room.admits(identity.user) else {
            return deny(request.room, replyTo, closesWhenDenied)
        }
        let room = shard.rooms.hold(request.room)
        share(nameOf: room)
        // What fails leaves a room that is live as it was: only a denial ends that.
        let isLive = !joined.insert(room.id)
        let outcome = await Join(session: self, room: room, request: request).patiently(
            identity, replyTo: replyTo)
        let missed = uninvited.takePostponed(room.id)
        if case .failure(let error) = outcome, joined.contains(request.room) {
            if error.isDenial {
                forget(request.room, wasLost: false)
            } else if !isLive {
                unjoin(room.id, after: missed)
            }
            report(error, request.room, replyTo, closesWhenDenied)
        } else if joined.contains(request.room) {
            keepRooms([request.room])
        }
        shard.rooms.release(room)
    }

    /// Takes a join back that failed; a room of direct messages is followed on as it was, and from the first that came
    /// meanwhile.
    private func unjoin(_ room: RoomID, after missed: LogPosition?) {
        if uninvited.contains(room) {
            joined.remove(room)
            absent(from: room)
        } else {
            forget(room, wasLost: false)
        }
        if let missed { shard.direct([self], room, missed) }
    }

    private func report(_ error: BusError, _ room: RoomID, _ replyTo: ReplyID?, _ closesWhenDenied: Bool) {
        guard error.isDenial else { return fail(error.code, replyTo: replyTo, room: room) }
        dropRoom(room)
        deny(room, replyTo, closesWhenDenied)
    }

    /// No such room, or not for this user: the same answer.
    private func deny(_ room: RoomID, _ replyTo: ReplyID?, _ closes: Bool) {
        guard closes else { return fail(.roomDenied, replyTo: replyTo, room: room) }
        close(.roomDenied)
    }
}

extension BusError {
    /// Whether the room is closed to who asks, or is none.
    fileprivate var isDenial: Bool { [.roomDenied, .userNotFound, .forbidden].contains(code) }
}

/// What was told of a member list that Redis did not have, and since when a join has waited for it.
private struct MemberListLag {
    let since: Instant
    let told: Int64
}

/// One join under way: an object, as each function that waits would else keep a copy of it.
private final class Join {
    let session: Session
    let room: LocalRoom
    let request: JoinRoom

    init(session: Session, room: LocalRoom, request: JoinRoom) {
        self.session = session
        self.room = room
        self.request = request
    }

    private var shard: Shard { session.shard }
    /// Whether the connection is still there, and has not been put out of the room since.
    private var isWanted: Bool { session.joined.contains(room.id) && session.user != nil }

    /// Tries again while Redis is on its way back, as long as a send would wait.
    func patiently(_ identity: Identity, replyTo: ReplyID?) async -> Result<Void, BusError> {
        let began = shard.loop.now
        while true {
            let outcome = await run(identity, replyTo: replyTo)
            guard case .failure(let error) = outcome, error.code == .busUnavailable, isWanted,
                shard.loop.now.milliseconds(since: began) < OutgoingMessage.patienceMilliseconds
            else { return outcome }
            await shard.loop.sleep(milliseconds: 100)
        }
    }

    private func run(_ identity: Identity, replyTo: ReplyID?) async -> Result<Void, BusError> {
        do throws(BusError) {
            guard await room.awaitSubscription() else { throw .redis(.timeout) }
            var lag: MemberListLag?
            while isWanted {
                let standing = try await standing(of: identity)
                room.stood(at: standing.newest)
                guard let role = standing.role else { throw .refused(.roomDenied) }
                if standing.mv >= room.newestMV {
                    let online = await online(identity.user, among: standing.online)
                    let start = try await start(standing)
                    if standing.mv >= room.newestMV {
                        if isWanted { enter(standing, role: role, online: online, start, replyTo: replyTo) }
                        break
                    }
                }
                // The member list has changed meanwhile, perhaps against this user: ask again.
                lag = try await pause(
                    standing, lag ?? MemberListLag(since: shard.loop.now, told: room.newestMV),
                    isFirst: lag == nil)
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// Before the member list is asked again.
    ///
    /// Auth tells of a change when it is in the list: one that stays behind has been set back for good.
    private func pause(
        _ standing: RoomStanding, _ lag: MemberListLag, isFirst: Bool
    ) async throws(BusError) -> MemberListLag? {
        guard shard.loop.now.milliseconds(since: lag.since) >= OutgoingMessage.patienceMilliseconds else {
            // At once where this is the first time: mostly others have come in meanwhile.
            if !isFirst { await shard.loop.sleep(milliseconds: 50) }
            return lag
        }
        guard standing.mv < lag.told else { throw .timeout }
        room.memberListSetBack(to: standing.mv)
        return nil
    }

    /// What the room is to the user, who becomes a member of a public one.
    private func standing(of identity: Identity) async throws(BusError) -> RoomStanding {
        let (user, known) = (identity.user, room.knownSeq)
        let early = session.early
        session.early = nil
        let standing: RoomStanding
        if let asked = await early?.standing(in: room) {
            standing = asked
        } else {
            standing = try await shard.directory.standing(of: user, in: room.id, known: known)
        }
        guard standing.role == nil, standing.visibility == "public" else { return standing }
        return try await newMember(standing, identity, known)
    }

    /// Becomes a member of a public room that was found to be like this.
    private func newMember(
        _ found: RoomStanding, _ identity: Identity, _ known: Int64
    ) async throws(BusError) -> RoomStanding {
        // Auth may have been away when the connection was let in.
        if shard.isStranger(identity) { await shard.introduce(identity) }
        let confirmation = room.confirmation
        let membership = try await shard.directory.join(identity.user, room.id)
        // All that has come since is heard here: as long as the subscription lasts, only the list has changed.
        if let confirmation, confirmation == room.confirmation, let standing = found.as(membership) {
            return standing
        }
        // A member already: Redis may hear of it a little later.
        for _ in 0..<Self.membershipTries {
            let standing = try await shard.directory.standing(of: identity.user, in: room.id, known: known)
            if standing.role != nil { return standing }
            await shard.loop.sleep(milliseconds: 100)
        }
        throw .timeout
    }

    private static let membershipTries = 30

    private func online(_ user: UserHandle, among people: Int) async -> Int {
        guard isWanted else { return 0 }
        guard session.present.insert(room.id) else { return people }
        return await shard.presence.entered(room.id, user, among: people) ?? 1
    }

    private func start(_ standing: RoomStanding) async throws(BusError) -> JoinStart {
        do throws(RedisError) {
            return try await JoinStart.read(request, standing.extent, by: room.reader)
        } catch {
            throw .redis(error)
        }
    }

    private func enter(
        _ standing: RoomStanding, role: String, online: Int, _ start: JoinStart, replyTo: ReplyID?
    ) {
        session.uninvited.remove(room.id)
        if let recovered = start.recovered {
            (recovered ? shard.metrics.resumed : shard.metrics.notResumed).add()
        }
        let joined = Joined(
            at: standing.newest, role: role, recovered: start.recovered, online: max(online, 1))
        session.send(joined, replyTo: replyTo, room: room.id)
        room.enter(session, mv: standing.mv, at: start.place, with: start.page)
    }
}
