import Bus
import Engine
import Foundation
import Postgres
import Redis
import Schema
import Support
import Testing

@testable import ChatAuth
@testable import Hosting

/// The tests that start a whole auth: one after another, as each starts servers and hashes passwords.
@Suite(.serialized) enum ServiceTests {}

/// A running auth, as its clients see it.
struct Auth: Sendable {
    let port: Int
    let redisURL: String
    let databaseURL: String

    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String? = nil,
        contentType: String = "application/json"
    ) async throws -> HTTPAnswer {
        try await .asking(
            method, path, port: port, body: body?.encoded, token: token, contentType: contentType)
    }

    struct Login: Sendable {
        let access: String
        let refresh: String
    }

    func register(_ name: String) async throws -> Login {
        try login(
            await call("POST", "/auth/register", ["username": .string(name), "password": "wonderland"]))
    }

    func login(_ name: String, _ password: String = "wonderland") async throws -> Login {
        try login(
            await call(
                "POST", "/auth/login", ["username": .string(name), "password": .string(password)]))
    }

    func login(_ answer: HTTPAnswer) throws -> Login {
        let access = try #require(answer["access_token"]?.text, "\(answer.status) \(answer.json)")
        return Login(access: access, refresh: try #require(answer["refresh_token"]?.text))
    }

    func refresh(_ token: String) async throws -> HTTPAnswer {
        try await call("POST", "/auth/refresh", ["refresh_token": .string(token)])
    }

    /// What `auth reset-password NAME` does, beside the running auth; `hash` is no password's.
    func resetPassword(of user: UserHandle) async throws -> Bool {
        try await probing { postgres, _, _ in
            try await PostgresAccounts(postgres: postgres).grant([], password: "hash", to: user)
        }
    }

    // MARK: Redis, as other services see it

    func redis<T: Sendable>(
        _ body: nonisolated(nonsending) @escaping @Sendable (RedisClient) async throws -> T
    ) async throws -> T {
        let address = try RedisAddress(url: redisURL)
        return try await onLoop { loop in
            let client = RedisClient(loop: loop, address: address, name: "probe")
            client.start()
            let isUp = await eventually(on: loop) { client.isConnected }
            try #require(isUp)
            loop.preconditionCurrent()
            let value = try await body(client)
            client.close()
            return value
        }
    }

    /// What auth keeps for everybody: which run it vouches for, the keys, the revocations.
    func kept() async throws -> Kept {
        try await redis { client in
            Kept(
                run: try await client.call("GET", .text(Keys.authRun)).text,
                keys: try await client.call("GET", .text(Keys.authKeys)).text,
                revoked: try await client.call("HGETALL", .text(Keys.authRevoked)).array?.compactMap(\.text)
                    ?? [])
        }
    }

    struct Kept: Equatable {
        let run: String?
        let keys: String?
        let revoked: [String]
    }

    /// The entries of `control:log`, as `type` and `data`.
    func controlLog() async throws -> [(type: String, data: JSONValue)] {
        let text = try await redis { client in
            let entries = try await client.call("XRANGE", .text(Keys.controlLog), "-", "+").array ?? []
            return entries.map { [$0[1]["type"].text ?? "", $0[1]["data"].text ?? ""] }
        }
        return try text.map { (type: $0[0], data: try JSONValue(parsing: Array($0[1].utf8))) }
    }

    /// Asks over the bus, as a gateway does.
    func ask(_ type: String, _ data: JSONValue) async throws -> Result<JSONValue, BusError> {
        let address = try RedisAddress(url: redisURL)
        return try await onLoop { loop in
            let client = RedisClient(loop: loop, address: address, name: "asker")
            let rpc = RPCClient(
                loop: loop, address: address, name: "asker", redis: client, replyID: UUID().uuidString)
            client.start()
            rpc.start()
            let isUp = await eventually(on: loop) { client.isConnected && rpc.isReady }
            try #require(isUp)
            let result: Result<JSONValue, BusError>
            do throws(BusError) {
                result = .success(try await rpc.call("auth", type, data))
            } catch {
                result = .failure(error)
            }
            rpc.close()
            client.close()
            return result
        }
    }

    /// Waits until all that was changed has been told: a request waits for that too, but not for ever.
    func expectAllTold() async throws {
        let isTold = try await probing { postgres, _, _ in
            try await eventually { try await postgres.query("SELECT id FROM auth.outbox LIMIT 1").isEmpty }
        }
        #expect(isTold)
    }

    /// Runs a statement in auth's database.
    func sql(_ statement: String) async throws {
        let url = try #require(PostgresURL(databaseURL))
        try await onLoop { loop in
            let postgres = PostgresClient(loop: loop, url: url, poolSize: 1, name: "probe")
            postgres.start()
            try await postgres.query(statement)
            await postgres.close()
        }
    }

    /// Notes handles that are vouched for elsewhere, and tells what all accounts are then.
    func noting(_ faces: [(user: String, name: String, roles: [String])]) async throws -> [String] {
        let url = try #require(PostgresURL(databaseURL))
        let noted = try faces.map {
            Identity.Face(user: try #require(UserHandle($0.user)), name: $0.name, roles: $0.roles)
        }
        return try await onLoop { loop in
            let postgres = PostgresClient(loop: loop, url: url, poolSize: 1, name: "probe")
            postgres.start()
            loop.preconditionCurrent()
            try await PostgresAccounts(postgres: postgres).note(noted)
            let rows = try await postgres.query(
                "SELECT handle, name, roles FROM auth.accounts ORDER BY handle")
            let told = try rows.map { row in
                let roles = try row["roles"].textArray.compactMap { $0 }
                return "\(try row["handle"].text): \(try row["name"].text) \(roles.joined(separator: ","))"
            }
            await postgres.close()
            return told
        }
    }

    /// Runs `body` with clients of its own, of the same PostgreSQL and Redis.
    func probing<T: Sendable>(
        settings: PostgresSettings = PostgresSettings(),
        _ body:
            nonisolated(nonsending) @escaping @Sendable (PostgresClient, RedisClient, EventLoop)
            async throws -> T
    ) async throws -> T {
        let (url, address) = (try #require(PostgresURL(databaseURL)), try RedisAddress(url: redisURL))
        return try await onLoop { loop in
            let postgres = PostgresClient(
                loop: loop, url: url, poolSize: 5, name: "probe", settings: settings)
            let redis = RedisClient(loop: loop, address: address, name: "probe")
            postgres.start()
            redis.start()
            let isUp = await eventually(on: loop) { redis.isConnected }
            try #require(isUp)
            let value = try await body(postgres, redis, loop)
            await postgres.close()
            redis.close()
            return value
        }
    }

    func members(of room: RoomID) async throws -> [String: String] {
        try await redis { client in
            let flat = try await client.call("HGETALL", .text(Keys.members(room))).array ?? []
            var members: [String: String] = [:]
            for index in stride(from: 0, to: flat.count - 1, by: 2) {
                members[flat[index].text ?? ""] = flat[index + 1].text
            }
            return members
        }
    }
}

/// Runs `body` against an auth of its own: private Redis, its own database, cheap hashes.
func withAuth(
    _ settings: [String: String] = [:], redis: RedisServer? = nil, database: String? = nil,
    clock: @escaping @Sendable () -> Instant = Instant.current,
    _ body: (Auth) async throws -> Void
) async throws {
    let redis = if let redis { redis } else { try await blocking { try RedisServer() } }
    let database = if let database { database } else { try await SharedPostgres.makeDatabase() }
    var environment = [
        "REDIS_URL": redis.url, "DATABASE_URL": database, "SCRYPT_LOG_N": "14", "POSTGRES_POOL": "4",
    ]
    environment.merge(settings) { _, new in new }
    let loader = ConfigurationLoader<AuthConfig>(arguments: [], environment: environment)
    guard case .loaded(let config, _) = loader.load() else { throw BadSettings() }
    let context = LaunchContext(service: "auth", hosting: HostingSettings(port: 0, logLevel: .error))
    let service = try AuthService(config: config, context: context, clock: clock)
    do {
        try await service.start()
        try await body(Auth(port: await service.port, redisURL: redis.url, databaseURL: database))
    } catch {
        await service.stop()
        context.stopLoops()
        throw error
    }
    await service.stop()
    context.stopLoops()
}

struct BadSettings: Error {}

/// Asks again and again until the answer is as wished, within a bound.
func eventually(_ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return false
}
