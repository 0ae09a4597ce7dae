import Bus
import Hosting
import Postgres
import Redis
import Schema

/// What other services ask of auth over the bus (see Bus.md).
final class Requests {
    private static let profileSeconds: Int64 = 3_600

    private let accounts: PostgresAccounts
    private let introductions: Introductions
    private let rooms: PostgresRooms
    private let joins: Joins
    private let loads: RoomLoads
    private let redis: RedisClient
    private let log: Log
    private let metrics: AuthMetrics

    init(
        accounts: PostgresAccounts, introductions: Introductions, rooms: PostgresRooms, joins: Joins,
        loads: RoomLoads, redis: RedisClient, log: Log, metrics: AuthMetrics
    ) {
        self.accounts = accounts
        self.introductions = introductions
        self.rooms = rooms
        self.joins = joins
        self.loads = loads
        self.redis = redis
        self.log = log
        self.metrics = metrics
    }

    /// Answers one request; what is no refusal of ours means that a dependency is away, and may be tried
    /// again.
    func answer(_ type: String, _ data: JSONValue) async throws(ErrorCode) -> [UInt8] {
        metrics.count(request: type)
        do {
            return try await value(type, data).encoded
        } catch let code as ErrorCode {
            throw code
        } catch {
            log.warn("request not answered", ["type": .string(type)], .error(error))
            throw .busUnavailable
        }
    }

    private func value(_ type: String, _ data: JSONValue) async throws -> JSONValue {
        switch type {
        case "room_load": try await loadRoom(data)
        case "room_join": try await joinRoom(data)
        case "profile": try await profile(data)
        case "account_seen": try await noteAccount(data)
        case "visible": try await visible(data)
        default: throw ErrorCode.unknownType
        }
    }

    private func loadRoom(_ data: JSONValue) async throws -> JSONValue {
        guard let room = data["room"]?.text.flatMap(RoomID.init) else { throw ErrorCode.roomDenied }
        if room.isDirect {
            if data["read"] == true {
                guard try await rooms.isMade(room) else { return ["absent": true] }
            } else {
                try await rooms.makeDirect(room)
            }
        }
        try await loads.load(room)
        return [:]
    }

    private func joinRoom(_ data: JSONValue) async throws -> JSONValue {
        guard let room = data["room"]?.text.flatMap(RoomID.init), let user = data.handle("user") else {
            throw ErrorCode.roomDenied
        }
        switch try await joins.join(user, room) {
        case .member(let role): return ["role": .string(role.rawValue)]
        case .joined(let mv): return ["role": .string(RoomRole.member.rawValue), "mv": .int(mv)]
        }
    }

    private func profile(_ data: JSONValue) async throws -> JSONValue {
        guard let user = data.handle("user"), let account = try await accounts.find(user) else {
            throw ErrorCode.userNotFound
        }
        let profile: JSONValue = [
            "user": .string(user.text), "name": .string(account.name),
            "roles": .array(account.roles.map { .string($0) }),
        ]
        _ = try await redis.call(
            "SET", .text(Keys.profile(user)), .bytes(profile.encoded), "EX", .int(Self.profileSeconds))
        return profile
    }

    private func noteAccount(_ data: JSONValue) async throws -> JSONValue {
        guard let user = data.handle("user") else { throw ErrorCode.invalidField }
        let roles = data["roles"]?.array?.compactMap(\.text) ?? []
        try await introductions.note(
            Identity.Face(user: user, name: data["name"]?.text ?? user.text, roles: roles))
        return [:]
    }

    private func visible(_ data: JSONValue) async throws -> JSONValue {
        guard let user = data.handle("user") else { throw ErrorCode.invalidField }
        let others = data["others"]?.array?.compactMap(\.text) ?? []
        let seen = try await rooms.sharing(with: user, among: others)
        return ["users": .array(seen.map { .string($0) })]
    }
}

extension JSONValue {
    fileprivate func handle(_ name: String) -> UserHandle? { self[name]?.text.flatMap(UserHandle.init) }
}
