import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import Schema

/// States to the bus who is here: how many devices of a user, how many connections of a user in a room.
///
/// Belongs to its loop. A statement is absolute, so it may be repeated; after a reconnect all are.
final class Presence {
    private let loop: EventLoop
    private let redis: RedisClient
    private let incarnation: String
    private let log: Log
    private var devices = Headcount<UserHandle>()
    private var online = Headcount<Place>()
    /// Whose last statement, or its copy, may not have reached Redis: those who are gone stand in no count any more.
    private var unsettledUsers: Set<UserHandle> = []
    private var unsettledPlaces: Set<Place> = []
    /// What is to be stated again.
    private lazy var again = Slices<Subject>(loop: loop) { [weak self] in self?.stateAgain($0) }

    private enum Subject {
        case devices(UserHandle)
        case copy(UserHandle)
        case online(Place)
    }

    /// How long one who was lost may take to come back without having left.
    static let lingerMilliseconds = 5_000

    private struct Place: Hashable {
        let room: RoomID
        let user: UserHandle
        /// As it stands in Redis.
        var text: String { "\(room) \(user)" }

        init(room: RoomID, user: UserHandle) {
            self.room = room
            self.user = user
        }

        init?(_ text: String) {
            let words = text.split(separator: " ").map { String($0) }
            guard words.count == 2, let room = RoomID(words[0]), let user = UserHandle(words[1]) else {
                return nil
            }
            self.init(room: room, user: user)
        }
    }

    init(loop: EventLoop, redis: RedisClient, incarnation: String, log: Log) {
        self.loop = loop
        self.redis = redis
        self.incarnation = incarnation
        self.log = log
    }

    // MARK: Devices

    func connected(_ user: UserHandle) {
        let before = devices.count(of: user)
        let count = devices.arrive(user)
        if count != before || unsettledUsers.contains(user) { state(user, count: count) }
    }

    func disconnected(_ user: UserHandle, wasLost: Bool) {
        let before = devices.count(of: user)
        let count = devices.depart(user, lingers: wasLost)
        if count != before { state(user, count: count) }
        guard wasLost else { return }
        loop.schedule(afterMilliseconds: Self.lingerMilliseconds) { [weak self] in
            guard let self else { return }
            let before = devices.count(of: user)
            let count = devices.lingered(user)
            if count != before { state(user, count: count) }
        }
    }

    private func state(_ user: UserHandle, count: Int) {
        let set = Keys.gatewayUsers(incarnation)
        if count > 0 { tell(["SADD", .text(set), .text(user.text)]) }
        redis.function(
            PresenceFunctions.deviceSet, keys: [.text(Keys.devices(user))],
            arguments: [.text(incarnation), .int(Int64(count)), "0"]
        ) { [weak self] result in
            guard let self else { return }
            guard case .success(let reply) = result else {
                unsettledUsers.insert(user)
                return
            }
            unsettledUsers.remove(user)
            if reply[0].text == "first" { writeOnlineCopy(of: user) }
            // Not only where this was the last device: it may be said again because no copy could be written.
            guard reply[1].int == 0 else { return forget(user) }
            bringCopyUpToDate(of: user)
        }
    }

    /// Nothing of this user stands here any more.
    private func forget(_ user: UserHandle) {
        // A newer statement may have been made since: then its user is here again, and stays in the set.
        guard devices.count(of: user) == 0, !unsettledUsers.contains(user) else { return }
        tell(["SREM", .text(Keys.gatewayUsers(incarnation)), .text(user.text)])
    }

    private func writeOnlineCopy(of user: UserHandle) {
        redis.call(PresenceRecord.command(PresenceEntry(user, .online))) { [weak self] result in
            if case .failure(let error) = result { self?.copyFailed(of: user, error) }
        }
    }

    /// The user may be on their way to another gateway, whose word must not be overtaken by ours.
    ///
    /// Whose copy is not there yet stays in the set, so that presence finds them should this gateway die.
    private func bringCopyUpToDate(of user: UserHandle) {
        let copies = StatusCopies(redis: redis)
        weak let this = self
        loop.spawn {
            do throws(RedisError) {
                try await copies.bringUpToDate([user])
                this?.forget(user)
            } catch {
                this?.copyFailed(of: user, error)
            }
        }
    }

    /// Their devices are stated once more, and the copy after them: whatever is newest then.
    private func copyFailed(of user: UserHandle, _ error: RedisError) {
        unsettledUsers.insert(user)
        log.debug("presence not stated", .error(error))
    }

    // MARK: Rooms

    /// One more connection of the user in the room; returns how many people are online there, if Redis says.
    ///
    /// - Parameter people: how many they were a moment ago: where nothing has changed since, nobody is asked.
    func entered(_ room: RoomID, _ user: UserHandle, among people: Int) async -> Int? {
        let place = Place(room: room, user: user)
        let before = online.count(of: place)
        let count = online.arrive(place)
        guard count != before || unsettledPlaces.contains(place) else { return people }
        return await withUnsafeContinuation { continuation in
            state(place, count: count) { continuation.resume(returning: $0) }
        }
    }

    func left(_ room: RoomID, _ user: UserHandle, wasLost: Bool) {
        let place = Place(room: room, user: user)
        let before = online.count(of: place)
        let count = online.depart(place, lingers: wasLost)
        if count != before { state(place, count: count) }
        guard wasLost else { return }
        loop.schedule(afterMilliseconds: Self.lingerMilliseconds) { [weak self] in
            guard let self else { return }
            let before = online.count(of: place)
            let count = online.lingered(place)
            if count != before { state(place, count: count) }
        }
    }

    private func state(_ place: Place, count: Int, _ done: ((Int?) -> Void)? = nil) {
        let set = Keys.gatewayRooms(incarnation)
        let member = place.text
        if count > 0 { tell(["SADD", .text(set), .text(member)]) }
        let now = WallClock.milliseconds() + redis.clockOffset
        redis.function(
            PresenceFunctions.onlineSet,
            keys: [.text(Keys.online(place.room)), .text(Keys.roomChannel(place.room))],
            arguments: [
                .text(place.user.text), .text(incarnation), .int(Int64(count)),
                .bytes(ServerFrame.bytes(.userJoined, room: place.room, user: place.user, ts: now)),
                .bytes(ServerFrame.bytes(.userLeft, room: place.room, user: place.user, ts: now)),
            ]
        ) { [weak self] result in
            guard case .success(let reply) = result else {
                self?.unsettledPlaces.insert(place)
                return done?(nil) ?? ()
            }
            if let self {
                unsettledPlaces.remove(place)
                if online.count(of: place) == 0 { tell(["SREM", .text(set), .text(member)]) }
            }
            done?(reply[1].int.flatMap(Int.init(exactly:)))
        }
    }

    // MARK: All

    /// States everything again: Redis, or our lease, may have lost it.
    func stateAll() {
        let users = unsettledUsers.union(devices.all.map(\.key))
        let places = unsettledPlaces.union(online.all.map(\.key))
        again.begin(users.map { .devices($0) } + places.map { .online($0) })
        takeBackTheGone()
    }

    /// States again what Redis has not taken: it may be there, and refuse to write for a while.
    func stateUnsettled() {
        guard redis.isConnected, again.isDone else { return }
        again.begin(unsettledUsers.map { .devices($0) } + unsettledPlaces.map { .online($0) })
    }

    /// States what is true when its turn comes.
    private func stateAgain(_ subject: Subject) {
        switch subject {
        case .devices(let user):
            let count = devices.count(of: user)
            state(user, count: count)
            if count > 0 { writeOnlineCopy(of: user) }
        case .copy(let user):
            if devices.count(of: user) > 0 { writeOnlineCopy(of: user) }
        case .online(let place): state(place, count: online.count(of: place))
        }
    }

    /// A Redis that was set back has those again who have left since.
    private func takeBackTheGone() {
        redis.call(["SMEMBERS", .text(Keys.gatewayUsers(incarnation))]) { [weak self] result in
            guard let self, let names = try? result.get().array else { return }
            let users = names.compactMap { $0.text.flatMap(UserHandle.init) }
            again.add(users.filter { devices.count(of: $0) == 0 }.map { .devices($0) })
        }
        redis.call(["SMEMBERS", .text(Keys.gatewayRooms(incarnation))]) { [weak self] result in
            guard let self, let names = try? result.get().array else { return }
            let places = names.compactMap { $0.text.flatMap(Place.init) }
            again.add(places.filter { online.count(of: $0) == 0 }.map { .online($0) })
        }
    }

    /// Keeps the copies of those who stay online for days from ending.
    func renewCopies() {
        again.add(devices.all.map { .copy($0.key) })
    }

    /// A statement that fails is made again with all others when Redis is back.
    private func tell(_ command: [RedisArgument]) {
        redis.call(command) { [log] result in
            if case .failure(let error) = result { log.debug("presence not stated", .error(error)) }
        }
    }
}
