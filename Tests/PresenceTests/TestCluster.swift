import Access
import Bus
import Engine
import Hosting
import Redis
import Schema
import Support
import Testing
import Tokens

@testable import ChatPresence

/// Presence over a private Redis, with an auth that knows one room and who shares it.
final class TestCluster {
    let assembly: Assembly
    let redis: RedisClient
    let loop: EventLoop
    private let auth: RPCServer
    private let http: HTTPService
    private let signer: TokenSigner

    static let members = ["alice", "bob", "carol"]
    private static let secret = Array("a secret of thirty-two bytes, or so".utf8)

    static func run(
        hasLimits: Bool = true, messages: Int = 10,
        _ body: nonisolated(nonsending) @escaping @Sendable (TestCluster) async throws -> Void
    ) async throws {
        try await withRedis { loop, server, redis in
            let address = try RedisAddress(url: server.url)
            let cluster = try TestCluster(loop, address, redis, hasLimits: hasLimits, messages: messages)
            try await redis.vouchForRevocations()
            cluster.assembly.start()
            cluster.auth.start()
            await expectEventually(on: loop) { cluster.isReady }
            try await body(cluster)
            await cluster.http.drain(withinMilliseconds: 1_000)
            cluster.auth.close()
            cluster.assembly.stop()
        }
    }

    private init(
        _ loop: EventLoop, _ address: RedisAddress, _ redis: RedisClient, hasLimits: Bool, messages: Int
    ) throws {
        let tokens = TokenSettings(
            algorithm: .hs256, secret: TestCluster.secret, issuer: "parley", audience: "parley")
        let hosting = HostingSettings(port: 0)
        let config = PresenceConfig(
            hosting: hosting, redis: address, tokens: tokens,
            memberPolicy: LimitPolicy(messages: messages, seconds: 60),
            hasLimits: hasLimits, sweepSeconds: 1)
        let context = LaunchContext(service: "presence", hosting: hosting)
        assembly = try Assembly(config, loop: loop, log: .silent, metrics: context.metrics)
        http = try HTTPService(loop: loop, context: context, routes: assembly.routes)
        signer = try TokenSigner(hs256Secret: TestCluster.secret)
        self.redis = redis
        self.loop = loop
        auth = RPCServer(
            loop: loop, address: address, service: "auth", instance: "auth", redis: redis
        ) { type, data async throws(ErrorCode) in
            try await TestCluster.answer(type, data, redis)
        }
    }

    private var isReady: Bool {
        assembly.link.redis.isConnected && assembly.rpc.isReady && assembly.link.authority.isReady
    }

    private static func answer(_ type: String, _ data: JSONValue, _ redis: RedisClient)
        async throws(ErrorCode)
        -> [UInt8]
    {
        switch type {
        case "visible":
            let isMember = members.contains(data["user"]?.text ?? "")
            let others = data["others"]?.array ?? []
            let seen = isMember ? others.filter { members.contains($0.text ?? "") } : []
            return JSONValue.object(["users": .array(seen)]).encoded
        case "room_load":
            guard data["room"] == "general", let run = redis.runID else { throw .roomDenied }
            let general = room("general")
            let command: [RedisArgument] = [
                "HSET", .text(Keys.room(general)), "loaded", .text(run), "mv", "1", "visibility", "public",
                "policy", "",
            ]
            let roles: [RedisArgument] = members.flatMap { [.text($0), "member"] }
            guard (try? await redis.call(command)) != nil,
                (try? await redis.call(["HSET", .text(Keys.members(general))] + roles)) != nil
            else { throw .internalError }
            return Array("{}".utf8)
        default: throw .unknownType
        }
    }

    /// Asks over HTTP as somebody; nil: as nobody.
    func ask(
        _ target: String, by method: String = "GET", as user: String? = nil, roles: [String] = [],
        rooms: [String]? = nil, expiresIn seconds: Int = 600, body: String? = nil
    ) async throws -> HTTPAnswer {
        var token: String?
        if let user {
            let now = Int(WallClock.milliseconds() / 1000)
            token = try signer.sign(
                TokenClaims(
                    iss: "parley", aud: ["parley"], sub: user, exp: now + seconds, iat: now, roles: roles,
                    rooms: rooms))
        }
        return try await .asking(
            method, target, port: http.port, body: body.map { Array($0.utf8) }, token: token)
    }
}
