import Bus
import Postgres
import Redis
import Schema
import Support
import Testing

@testable import ChatAuth

extension ServiceTests {
    /// What stays true while Redis or PostgreSQL is away.
    @Suite struct OutageTests {
        @Test func whatWasChangedWithoutRedisIsToldWhenItComesBack() async throws {
            let redis = try RedisServer()
            try await withAuth(redis: redis) { auth in
                let alice = try await auth.register("alice")
                _ = try await auth.register("bob")
                let room = try #require(RoomID("team"))
                _ = try await auth.call(
                    "POST", "/rooms", ["id": "team", "name": "Team", "visibility": "private"],
                    token: alice.access)
                _ = try await auth.ask("room_load", ["room": "team"])
                let earlier = try await auth.login("alice")
                #expect(try await auth.call("POST", "/auth/logout", token: earlier.access).status == 204)
                redis.kill()
                let put = try await auth.call(
                    "PUT", "/rooms/team/members/bob", ["role": "member"], token: alice.access)
                #expect(put.status == 204)
                let other = try await auth.login("alice")
                let logout = try await auth.call("POST", "/auth/logout", token: other.access)
                #expect(logout.status == 204)
                // This process knows at once.
                #expect(try await auth.call("GET", "/auth/me", token: other.access).code == "token_revoked")
                #expect(try await auth.call("GET", "/readyz").status == 503)
                #expect(try await auth.call("GET", "/healthz").status == 200)
                #expect(try await auth.call("POST", "/auth/ticket", token: alice.access).status == 503)

                // An empty one: keys, revocations and changes come back; of members nothing is vouched for.
                try redis.start()
                let isTold = try await eventually {
                    let entries = try await auth.controlLog()
                    let sessions = Set(entries.compactMap { $0.data["sid"]?.text })
                    return Set(entries.map(\.type)) == ["keys", "member", "reload", "revoked"]
                        && sessions.count == 2
                }
                #expect(isTold)
                #expect(try await auth.members(of: room) == [:])
                _ = try await auth.ask("room_load", ["room": "team"])
                #expect(try await auth.members(of: room) == ["alice": "owner", "bob": "member"])
                let keys = try await auth.redis { try await $0.call("GET", .text(Keys.authKeys)).bytes ?? [] }
                #expect(try JSONValue(parsing: keys)["keys"]?.array?.count == 1)
                // Its log began before: another epoch begins with a jump, not at 1.
                let first = try await auth.redis { client in
                    try await client.call("HGET", .text(Keys.room(room)), "first")
                }
                #expect(first.isNull)
            }
        }

        @Test(arguments: [true, false]) func whatAFlushTookComesBackByItself(_ hasPostgres: Bool) async throws
        {
            let postgres = try await blocking { try PostgresServer() }
            defer { postgres.remove() }
            try await withAuth(database: postgres.url) { auth in
                let alice = try await auth.register("alice")
                let logout = try await auth.call("POST", "/auth/logout", token: alice.access)
                #expect(logout.status == 204)
                let before = try await auth.kept()
                #expect(before.run != nil && before.keys != nil && before.revoked.count == 2)
                if !hasPostgres { try await blocking { try postgres.stop() } }
                // The run stays the same, and no connection is lost.
                try await auth.redis { client in _ = try await client.call("FLUSHALL") }
                let isBack = try await eventually { try await auth.kept() == before }
                #expect(isBack)
                let told = try await auth.controlLog().map(\.type)
                #expect(told == ["keys", "revoked", "reload"])
            }
        }

        /// Of two instances one may know of a later log-out, and have given it back to Redis first.
        @Test func whatAnotherInstanceKnowsBetterIsKept() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice")
                let logout = try await auth.call("POST", "/auth/logout-all", token: alice.access)
                #expect(logout.status == 204)
                let before = try await auth.kept()
                try #require(before.revoked.count == 2)
                let numbers = before.revoked[1].split(separator: " ").compactMap { Int64($0) }
                try #require(numbers.count == 2)
                let newer = "\(numbers[0] + 5) \(numbers[1] + 5)"
                try await auth.redis { client in
                    _ = try await client.call("HSET", .text(Keys.authRevoked), "user:alice", .text(newer))
                    _ = try await client.call("DEL", .text(Keys.authRun))
                }
                let isVouched = try await eventually { try await auth.kept().run == before.run }
                #expect(isVouched)
                #expect(try await auth.kept().revoked == ["user:alice", newer])
                // Now it is known here, too.
                try await auth.redis { client in _ = try await client.call("FLUSHALL") }
                let isBack = try await eventually {
                    try await auth.kept().revoked == ["user:alice", newer]
                }
                #expect(isBack)
            }
        }

        @Test func aChangeThatRedisMissedHasTheRoomLoadedAnew() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.register("bob")
                let room = try #require(RoomID("team"))
                _ = try await auth.call(
                    "POST", "/rooms", ["id": "team", "name": "Team", "visibility": "private"], token: alice)
                _ = try await auth.ask("room_load", ["room": "team"])
                // As if a change before the next one had been lost.
                try await auth.redis { client in
                    _ = try await client.call("HSET", .text(Keys.room(room)), "mv", "0")
                    _ = try await client.call("HSET", .text(Keys.members(room)), "mallory", "owner")
                }
                let put = try await auth.call(
                    "PUT", "/rooms/team/members/bob", ["role": "member"], token: alice)
                #expect(put.status == 204)
                #expect(try await auth.members(of: room) == ["alice": "owner", "bob": "member"])
            }
        }

        /// Who is logged out or put out is so while Redis takes no messages any more.
        @Test func whatEndsTakesEffectInAFullRedis() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                let bob = try await auth.register("bob").access
                let room = try #require(RoomID("team"))
                _ = try await auth.call(
                    "POST", "/rooms", ["id": "team", "name": "Team", "visibility": "private"], token: alice)
                _ = try await auth.ask("room_load", ["room": "team"])
                _ = try await auth.call(
                    "PUT", "/rooms/team/members/bob", ["role": "member"], token: alice)
                try await auth.expectAllTold()
                #expect(try await auth.members(of: room) == ["alice": "owner", "bob": "member"])
                try await auth.redis { client in
                    _ = try await client.call("CONFIG", "SET", "maxmemory", "1")
                }
                let removal = try await auth.call("DELETE", "/rooms/team/members/bob", token: alice)
                #expect(removal.status == 204)
                #expect(try await auth.call("POST", "/auth/logout", token: bob).status == 204)
                try await auth.expectAllTold()
                #expect(try await auth.members(of: room) == ["alice": "owner"])
                #expect(try await auth.controlLog().suffix(2).map(\.type) == ["member", "revoked"])
                #expect(try await auth.kept().revoked.count == 2)
            }
        }

        /// A newer auth has to tell what it has written; what this one can read does not wait for that.
        @Test func whatANewerAuthHasWrittenIsLeftToIt() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                try await auth.sql(
                    "INSERT INTO auth.outbox (type, data) VALUES ('tomorrow', '{}'), ('member', '{}')")
                #expect(try await auth.call("POST", "/auth/logout", token: alice).status == 204)
                let isTold = try await eventually { try await auth.kept().revoked.count == 2 }
                #expect(isTold)
                let left = try await auth.probing { postgres, _, _ in
                    _ = try await eventually {
                        try await postgres.query("SELECT id FROM auth.outbox WHERE type = 'revoked'").isEmpty
                    }
                    return try await postgres.query("SELECT type FROM auth.outbox ORDER BY id").map {
                        try $0["type"].text
                    }
                }
                #expect(left == ["tomorrow", "member"])
            }
        }

        @Test func withoutPostgresItAnswers503AndRecovers() async throws {
            let postgres = try await blocking { try PostgresServer() }
            defer { postgres.remove() }
            try await withAuth(database: postgres.url) { auth in
                let alice = try await auth.register("alice").access
                try await blocking { try postgres.stop() }
                let login: JSONValue = ["username": "alice", "password": "wonderland"]
                let away = try await auth.call("POST", "/auth/login", login)
                #expect(away.status == 503)
                #expect(away.header("retry-after") != nil)
                #expect(try await auth.call("GET", "/rooms", token: alice).status == 503)
                #expect(try await auth.call("GET", "/readyz").status == 503)
                #expect(
                    try await auth.ask("room_load", ["room": "team"]) == .failure(.refused(.busUnavailable)))
                try await blocking { try postgres.start() }
                let isBack = try await eventually {
                    try await auth.call("GET", "/rooms", token: alice).status == 200
                }
                #expect(isBack)
            }
        }

        @Test func aRetiredKeyIsBelievedWhileItsTokensLive() async throws {
            try await withAuth(["ACCESS_TOKEN_TTL": "900"]) { auth in
                let before = try await auth.register("alice").access
                // Of its tokens, given out up to the last moment, one is good for ten seconds more.
                try await auth.sql("UPDATE auth.signing_keys SET retired_at = now() - interval '890 seconds'")
                try await withAuth(database: auth.databaseURL) { next in
                    #expect(try await next.call("GET", "/auth/me", token: before).status == 200)
                    let after = try await next.login("alice").access
                    #expect(after.prefix { $0 != "." } != before.prefix { $0 != "." })
                    #expect(try await keyCount(next) == 2)
                    try await next.sql(
                        "UPDATE auth.signing_keys SET retired_at = now() - interval '1 hour' WHERE retired_at IS NOT NULL"
                    )
                    try await withAuth(database: auth.databaseURL) { last in
                        #expect(try await keyCount(last) == 1)
                        let refused = try await last.call("GET", "/auth/me", token: before)
                        #expect(refused.code == "token_invalid")
                        #expect(try await last.call("GET", "/auth/me", token: after).status == 200)
                    }
                }
            }
        }

        private func keyCount(_ auth: Auth) async throws -> Int? {
            try await auth.call("GET", "/.well-known/jwks.json")["keys"]?.array?.count
        }

        @Test func keysOutliveTheProcess() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                try await withAuth(database: auth.databaseURL) { other in
                    let me = try await other.call("GET", "/auth/me", token: alice)
                    #expect(me.status == 200)
                }
            }
        }
    }
}
