import Access
import Bus
import Engine
import Redis
import Schema
import Web

/// `/presence/users` and `/presence/rooms/{room}`: who is there, for those whom it concerns.
///
/// Belongs to its loop.
final class PeopleRoutes {
    private let loop: EventLoop
    private let callers: Callers
    private let redis: RedisClient
    private let rpc: RPCClient
    private let rooms: RoomDirectory
    private var crowds = Crowds()

    private static let rpcMilliseconds = 3_000

    init(loop: EventLoop, callers: Callers, redis: RedisClient, rpc: RPCClient, rooms: RoomDirectory) {
        self.loop = loop
        self.callers = callers
        self.redis = redis
        self.rpc = rpc
        self.rooms = rooms
    }

    func add(to routes: inout Routes) {
        routes.on(.get, "/presence/users") { try await self.users($0) }
        routes.on(.get, "/presence/rooms/{room}") { try await self.room($0) }
    }

    // MARK: By name

    private func users(_ request: Request) async throws(Problem) -> Response {
        let caller = try callers.caller(of: request)
        let asked = try UsersQuery(request).users
        do throws(BusError) {
            let visible = try await visible(to: caller.user, among: asked)
            let entries = try await states(of: asked.filter(visible.contains))
            let known = Dictionary(entries.map { ($0.user, $0) }) { first, _ in first }
            return PeopleRoutes.answer { body in
                body.people(asked.map { known[$0] ?? PresenceEntry($0, .offline) })
            }
        } catch {
            throw Problem(error)
        }
    }

    /// Those whose state is the caller's business: they share a room; and one may always look at oneself.
    private func visible(to caller: UserHandle, among users: [UserHandle]) async throws(BusError)
        -> Set<UserHandle>
    {
        let others = users.filter { $0 != caller }
        guard !others.isEmpty else { return [caller] }
        let answer = try await rpc.call(
            "auth", "visible",
            ["user": .string(caller.text), "others": .array(others.map { .string($0.text) })],
            timeoutMilliseconds: PeopleRoutes.rpcMilliseconds)
        guard let names = answer["users"]?.array else { throw .malformed }
        return Set(names.compactMap { $0.text.flatMap(UserHandle.init) }).union([caller])
    }

    // MARK: By room

    private func room(_ request: Request) async throws(Problem) -> Response {
        let caller = try callers.caller(of: request)
        let room = try request.room(for: caller)
        let paging = try Paging(request) { UserHandle($0) != nil }
        try await rooms.requireMember(caller, of: room)
        do throws(BusError) {
            let online = try await online(in: room, isFirst: paging.after.isEmpty)
            let (page, next) = paging.cut(all: online, by: \.text)
            let entries = try await states(of: page).filter { $0.status != .offline }
            return PeopleRoutes.answer { body in
                body.people(entries)
                body.member("online", online.count)
                body.member("complete", next == nil)
                body.member("next_cursor", next)
            }
        } catch {
            throw Problem(error)
        }
    }

    /// The first page tells who is there now; those that follow go on in what it was cut from, while that is remembered.
    private func online(in room: RoomID, isFirst: Bool) async throws(BusError) -> [UserHandle] {
        if !isFirst, let people = crowds.people(of: room, at: loop.now) { return people }
        do throws(RedisError) {
            let people = try await PresenceRecord.online(in: room, from: redis)
            crowds.keep(people, of: room, at: loop.now)
            return people
        } catch {
            throw .redis(error)
        }
    }

    private func states(of users: [UserHandle]) async throws(BusError) -> [PresenceEntry] {
        do throws(RedisError) {
            return try await PresenceRecord.read(users, from: redis)
        } catch {
            throw .redis(error)
        }
    }

    private static func answer(_ body: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        writer.object(body)
        return .json(encoded: writer.bytes, headers: ["Cache-Control": "no-store"])
    }
}

extension JSONWriter {
    fileprivate mutating func people(_ entries: [PresenceEntry]) {
        array("users") { list in entries.forEach { entry in list.object { entry.write(to: &$0) } } }
    }
}
