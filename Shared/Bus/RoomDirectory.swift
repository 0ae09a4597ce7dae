internal import Engine
public import Redis
internal import RoomFunctions
public import Schema

/// Answers what a room is to somebody, and has auth load a room that Redis does not know.
///
/// Belongs to its loop.
public final class RoomDirectory {
    private let redis: RedisClient
    private let rpc: RPCClient
    /// What auth is asked for, once however many wait for it.
    private struct Load: Hashable {
        var room: RoomID
        /// Nothing is to be made: the room is only looked at.
        var isReading: Bool
    }

    private var loading: [Load: [(Result<LoadOutcome, BusError>) -> Void]] = [:]
    /// Whoever names a room that is not loaded has auth asked for it, and may name a thousand: users have turns.
    private let places = FairPlaces<UserHandle?>(mostLoads, waiting: mostWaiting)

    static let mostLoads = 128
    static let mostWaiting = 4_096

    /// Makes a directory.
    public init(redis: RedisClient, rpc: RPCClient) {
        self.redis = redis
        self.rpc = rpc
    }

    /// What the room is to this user, who enters it or sends there.
    ///
    /// A direct one is made. `known` is the highest seq of it that this process had from Redis.
    ///
    /// - Throws: `.refused(.roomDenied)` or `.refused(.userNotFound)` where there is no such room.
    public func standing(of user: UserHandle, in room: RoomID, known: Int64 = 0) async throws(BusError)
        -> RoomStanding
    {
        guard let standing = try await found(user, Load(room: room, isReading: false), known) else {
            throw .malformed
        }
        return standing
    }

    /// Whether this user, who reads, is a member.
    ///
    /// Of a direct room also where neither has entered it or sent anything there. None is made: a look into each
    /// conversation that could be would leave as many rooms behind.
    ///
    /// - Throws: as `standing`.
    public func isMember(_ user: UserHandle, of room: RoomID, known: Int64 = 0) async throws(BusError) -> Bool
    {
        guard let standing = try await found(user, Load(room: room, isReading: true), known) else {
            return true
        }
        return standing.role != nil
    }

    /// Nil where a direct room has not been made.
    private func found(_ user: UserHandle, _ load: Load, _ known: Int64) async throws(BusError)
        -> RoomStanding?
    {
        // For who is not of the two nothing is asked.
        guard load.room.admits(user) else { throw .refused(.roomDenied) }
        for _ in 0..<3 {
            let reply = try await enter(user, load.room, known)
            if let standing = RoomStanding(reply) { return standing }
            guard reply[0].text == "unloaded" else { throw .malformed }
            if try await perform(load, for: user) == .absent { return nil }
        }
        throw .refused(.busUnavailable)
    }

    /// Asks now, as `standing` does, and answers at once where the answer can be had; no room is loaded for it.
    public func inquire(about user: UserHandle, in room: RoomID, known: Int64) -> RoomInquiry {
        let inquiry = RoomInquiry()
        if let run = redis.runID {
            redis.function(
                RoomFunctions.enter, keys: keys(of: room),
                arguments: [.text(run), .int(known), .text(user.text)]
            ) { inquiry.answered($0) }
        } else {
            inquiry.answered(.failure(.unavailable))
        }
        return inquiry
    }

    private func keys(of room: RoomID) -> [RedisArgument] {
        [.text(Keys.room(room)), .text(Keys.members(room)), .text(Keys.online(room))]
    }

    /// Who of these users is a member, and in which version of the member list; auth vouches for it in this run.
    public func members(among users: [UserHandle], of room: RoomID) async throws(BusError) -> MemberList {
        for _ in 0..<3 {
            let reply = try await roles(users, room)
            if let list = MemberList(reply, asked: users) { return list }
            guard reply[0].text == "unloaded" else { throw .malformed }
            try await load(room)
        }
        throw .refused(.busUnavailable)
    }

    private func roles(_ users: [UserHandle], _ room: RoomID) async throws(BusError) -> RedisReply {
        guard let run = redis.runID else { throw .redis(.unavailable) }
        do throws(RedisError) {
            return try await redis.function(
                RoomFunctions.roles, keys: [.text(Keys.room(room)), .text(Keys.members(room))],
                arguments: [.text(run)] + users.map { .text($0.text) })
        } catch {
            throw .redis(error)
        }
    }

    private func enter(_ user: UserHandle, _ room: RoomID, _ known: Int64) async throws(BusError)
        -> RedisReply
    {
        guard let run = redis.runID else { throw .redis(.unavailable) }
        do throws(RedisError) {
            return try await redis.function(
                RoomFunctions.enter, keys: keys(of: room),
                arguments: [.text(run), .int(known), .text(user.text)])
        } catch {
            throw .redis(error)
        }
    }

    /// What auth says of a room that it was asked for.
    private enum LoadOutcome {
        case loaded
        /// Direct, and not made; both of its people have accounts.
        case absent
    }

    /// Has auth load the room.
    public func load(_ room: RoomID) async throws(BusError) {
        _ = try await perform(Load(room: room, isReading: false), for: nil)
    }

    /// Has auth load the room, as this user wants, and tells when it has.
    public func load(
        _ room: RoomID, for user: UserHandle?, _ done: @escaping (Result<Void, BusError>) -> Void
    ) {
        perform(Load(room: room, isReading: false), for: user) { done($0.map { _ in }) }
    }

    private func perform(_ load: Load, for user: UserHandle?) async throws(BusError) -> LoadOutcome {
        let result: Result<LoadOutcome, BusError> = await withCheckedContinuation { continuation in
            perform(load, for: user) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private func perform(
        _ load: Load, for user: UserHandle?, _ done: @escaping (Result<LoadOutcome, BusError>) -> Void
    ) {
        let isFirst = loading[load] == nil
        loading[load, default: []].append(done)
        guard isFirst else { return }
        places.enter(for: user, refused: { [self] in ended(load, .failure(.timeout)) }) { [self] in
            EventLoop.current?.spawn {
                let result = await self.askAuth(load)
                self.places.leave()
                self.ended(load, result)
            }
        }
    }

    private func ended(_ load: Load, _ result: Result<LoadOutcome, BusError>) {
        loading.removeValue(forKey: load)?.forEach { $0(result) }
    }

    /// Asks more than once: a request or an answer may be lost with a connection, and asking again changes nothing.
    private func askAuth(_ load: Load) async -> Result<LoadOutcome, BusError> {
        for _ in 1..<Self.loadTries {
            let result = await askAuthOnce(load)
            guard case .failure(let error) = result, error == .timeout else { return result }
        }
        return await askAuthOnce(load)
    }

    private func askAuthOnce(_ load: Load) async -> Result<LoadOutcome, BusError> {
        var data: JSONValue = ["room": .string(load.room.text)]
        if load.isReading { data = ["room": .string(load.room.text), "read": true] }
        do throws(BusError) {
            let answer = try await rpc.call(
                "auth", "room_load", data, timeoutMilliseconds: Self.loadMilliseconds)
            return .success(answer["absent"] == true ? .absent : .loaded)
        } catch {
            return .failure(error)
        }
    }

    /// Together as long as a send has patience.
    private static let loadTries = 3
    private static let loadMilliseconds = 1_500

    /// Makes the user a member of a public room; done again, it is answered again.
    ///
    /// - Throws: `.refused(.roomDenied)` where the room is not open to all.
    public func join(_ user: UserHandle, _ room: RoomID) async throws(BusError) -> Membership {
        let answer = try await rpc.call(
            "auth", "room_join", ["room": .string(room.text), "user": .string(user.text)])
        guard let role = answer["role"]?.text else { throw .malformed }
        return Membership(role: role, mv: answer["mv"]?.int)
    }
}

/// What auth makes of somebody who enters a public room.
public struct Membership: Sendable, Hashable {
    /// The role.
    public var role: String
    /// The version of the member list in which they became a member, once Redis has it; nil for those who were one
    /// before, of whom Redis may not know yet.
    public var mv: Int64?

    /// Takes the parts.
    public init(role: String, mv: Int64?) {
        self.role = role
        self.mv = mv
    }
}

/// Those of some users who are members of a room, in one version of its list.
public struct MemberList: Sendable, Hashable {
    /// The version.
    public var mv: Int64
    /// The members.
    public var members: Set<UserHandle>

    /// Reads a reply of `room_roles`.
    init?(_ reply: RedisReply, asked users: [UserHandle]) {
        guard reply[0].text == "ok", let mv = reply[1].int else { return nil }
        self.mv = mv
        members = Set(users.enumerated().filter { !(reply[$0.offset + 2].text ?? "").isEmpty }.map(\.element))
    }
}
