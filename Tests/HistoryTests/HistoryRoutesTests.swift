import Access
import Bus
import Engine
import Redis
import Schema
import Support
import Testing
import Tokens
import Web

@testable import ChatHistory

/// `GET /history/rooms/{room}/messages`, as a client sees it.
@Suite(.serialized) struct HistoryRoutesTests {
    private static func token(_ user: String, rooms: [String]? = nil, expiresIn: Int = 600) throws -> String {
        let now = Int(WallClock.milliseconds() / 1_000)
        let claims = TokenClaims(
            iss: "parley", aud: ["parley"], sub: user, exp: now + expiresIn, iat: now, rooms: rooms)
        return try TokenSigner(hs256Secret: Array(Cluster.secret.utf8)).sign(claims)
    }

    /// What a request of this target with this token is answered with.
    private struct Asking {
        let routes: Routes

        func callAsFunction(_ target: String, _ token: String?) async -> Response {
            let headers: Headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
            guard let request = Request(.get, target, headers: headers) else { return .noContent }
            return await routes.respond(to: request)
        }
    }

    private func withRoutes(
        _ body: nonisolated(nonsending) @escaping @Sendable (Cluster, Asking) async throws -> Void
    ) async throws {
        try await withCluster { cluster in
            let address = try RedisAddress(url: cluster.server.url)
            let authority = try Authority(
                settings: TokenSettings(
                    algorithm: .hs256, secret: Array(Cluster.secret.utf8), issuer: "parley",
                    audience: "parley"), loop: cluster.loop, redis: cluster.redis)
            try await cluster.redis.vouchForRevocations()
            authority.load()
            let rpc = RPCClient(
                loop: cluster.loop, address: address, name: "test", redis: cluster.redis, replyID: "routes")
            var routes = Routes()
            HistoryRoutes(
                callers: Callers(authority: authority),
                directory: RoomDirectory(redis: cluster.redis, rpc: rpc), pages: cluster.pages,
                standings: Standings(postgres: cluster.postgres)
            ).add(to: &routes)
            try await cluster.open([.general])
            for number in 1...5 { try await cluster.send("message \(number)", to: .general) }
            let isReady = await eventually(on: cluster.loop) { authority.isReady }
            #expect(isReady)
            try await body(cluster, Asking(routes: routes))
        }
    }

    @Test func aMemberReadsAPage() async throws {
        try await withRoutes { cluster, ask in
            let response = await ask(
                "/history/rooms/general/messages?before=4&limit=2", try Self.token("alice"))
            #expect(response.status == .ok)
            #expect(response.headers["Content-Type"] == "application/json")
            let body = try JSONValue(parsing: response.body)
            #expect(body["messages"]?.array?.compactMap { $0["seq"]?.int } == [2, 3])
            #expect(body["next_before"] == 2)
            #expect(body["next_after"] == 3)
            #expect(body["complete"] == false)
        }
    }

    /// Seqs, `next_before`, `next_after`, `complete`: the ends are where the archive's are known to be, and no further.
    static let withoutRedis: [(query: String, page: JSONValue)] = [
        ("", ["seqs": [1, 2, 3, 4, 5], "next_before": .null, "next_after": 5, "complete": true]),
        ("limit=2", ["seqs": [4, 5], "next_before": 4, "next_after": 5, "complete": false]),
        ("before=6&limit=2", ["seqs": [4, 5], "next_before": 4, "next_after": 5, "complete": false]),
        ("before=3", ["seqs": [1, 2], "next_before": .null, "next_after": 2, "complete": true]),
        ("after=3", ["seqs": [4, 5], "next_before": 4, "next_after": 5, "complete": false]),
        ("after=5", ["seqs": [], "next_before": 6, "next_after": 5, "complete": false]),
    ]

    @Test func withoutRedisTheArchiveAnswersForWhatItHas() async throws {
        try await withRoutes { cluster, ask in
            try await cluster.vouch(for: "alice", in: .general)
            try await cluster.expectDrained()
            cluster.server.kill()
            let isAway = await eventually(on: cluster.loop) { !cluster.redis.isConnected }
            #expect(isAway)
            let target = "/history/rooms/general/messages?"
            for (query, page) in Self.withoutRedis {
                let response = await ask(target + query, try Self.token("alice"))
                #expect(response.status == .ok)
                let body = try JSONValue(parsing: response.body)
                let seqs = body["messages"]?.array?.compactMap { $0["seq"] } ?? []
                #expect(.array(seqs) == page["seqs"], "\(query)")
                for name in ["next_before", "next_after", "complete"] {
                    #expect(body[name] == page[name], "\(query): \(name)")
                }
            }
            // What was accepted between 5 and 8 cannot be seen: a page below 8 would hide it.
            let refusals = [
                (target + "before=8", "alice", "history_unavailable"), (target, "mallory", "room_not_found"),
                (target, "bob", "token_revoked"),
            ]
            for (target, user, code) in refusals {
                let response = await ask(target, try Self.token(user))
                let body = try JSONValue(parsing: response.body)
                #expect(body["code"]?.text == code)
                #expect((response.headers["Retry-After"] != nil) == (code == "history_unavailable"))
            }
        }
    }

    @Test func whoIsNotBelievedIsToldWhy() async throws {
        try await withRoutes { cluster, ask in
            let target = "/history/rooms/general/messages"
            let expired = try Self.token("alice", expiresIn: -60)
            for (token, code) in [
                (nil, "token_missing"), ("x.y.z", "token_invalid"), (expired, "token_expired"),
            ] {
                let response = await ask(target, token)
                #expect(response.status == .unauthorized)
                #expect(response.headers["WWW-Authenticate"]?.hasPrefix("Bearer") == true)
                let body = try JSONValue(parsing: response.body)
                #expect(body["code"]?.text == code)
            }
        }
    }

    @Test func outsidersFindNoRoom() async throws {
        try await withRoutes { cluster, ask in
            let asks = [
                ("/history/rooms/general/messages", try Self.token("mallory")),
                ("/history/rooms/general/messages", try Self.token("alice", rooms: ["other"])),
                ("/history/rooms/No%20Room/messages", try Self.token("alice")),
            ]
            for (target, token) in asks {
                let response = await ask(target, token)
                #expect(response.status == .notFound)
                let body = try JSONValue(parsing: response.body)
                #expect(body["code"]?.text == "room_not_found")
            }
        }
    }

    @Test func aWrongParameterIsNamed() async throws {
        try await withRoutes { cluster, ask in
            let queries = [
                ("before=1&after=2", "after"), ("limit=0", "limit"), ("limit=201", "limit"),
                ("before=x", "before"), ("after=-1", "after"), ("types=some", "types"),
                ("before=99999999999999999999", "before"),
            ]
            for (query, field) in queries {
                let response = await ask(
                    "/history/rooms/general/messages?\(query)", try Self.token("alice"))
                #expect(response.status == .unprocessableContent)
                let body = try JSONValue(parsing: response.body)
                #expect(body["code"]?.text == "invalid_field")
                #expect(body["errors"]?[0]?["field"]?.text == field)
            }
        }
    }

    @Test func addressesOfLaterWavesAreNotThere() async throws {
        try await withRoutes { cluster, ask in
            for target in ["/history/search?q=x", "/history/unread", "/history/rooms/general/export"] {
                let response = await ask(target, try Self.token("alice"))
                #expect(response.status == .notFound)
            }
        }
    }
}
