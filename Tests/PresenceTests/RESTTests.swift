import Bus
import Engine
import PresenceFunctions
import Redis
import Schema
import Support
import Testing

@testable import ChatPresence

struct PeopleRoutesTests {
    @Test func oneSeesThoseWithWhomOneSharesARoom() async throws {
        try await TestCluster.run { cluster in
            let gateway = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: cluster.redis)
            try await gateway.lease("gw-1")
            for name in ["alice", "bob", "mallory"] { try await gateway.bring(name) }
            let answer = try await cluster.ask("/presence/users?ids=mallory,bob,carol,alice,bob", as: "alice")
            #expect(answer.status == 200)
            #expect(
                answer.json == [
                    "users": [
                        ["user": "mallory", "status": "offline", "last_seen": nil, "text": nil],
                        ["user": "bob", "status": "online", "last_seen": nil, "text": nil],
                        ["user": "carol", "status": "offline", "last_seen": nil, "text": nil],
                        ["user": "alice", "status": "online", "last_seen": nil, "text": nil],
                    ]
                ])
            let own = try await cluster.ask("/presence/users?ids=mallory,bob", as: "mallory")
            #expect(own.json["users"]?[0]?["status"] == "online")
            #expect(own.json["users"]?[1]?["status"] == "offline")
        }
    }

    @Test func aRoomShowsItsMembersWhoIsThere() async throws {
        try await TestCluster.run { cluster in
            let gateway = TestGateway(incarnation: "gw-1.aaaaaaaa", redis: cluster.redis)
            try await gateway.lease("gw-1")
            for name in TestCluster.members { try await gateway.bring(name, into: room("general")) }
            let first = try await cluster.ask("/presence/rooms/general?limit=2", as: "alice")
            #expect(first.status == 200)
            #expect(first.json["users"]?.array?.compactMap { $0["user"]?.text } == ["alice", "bob"])
            #expect(first.json["online"] == 3)
            #expect(first.json["complete"] == false)
            let cursor = try #require(first.json["next_cursor"]?.text)
            let last = try await cluster.ask("/presence/rooms/general?limit=2&cursor=\(cursor)", as: "alice")
            #expect(last.json["users"]?.array?.compactMap { $0["user"]?.text } == ["carol"])
            #expect(last.json["complete"] == true)
            #expect(last.json["next_cursor"] == .some(.null))
        }
    }

    @Test func ofManyTheLaterPagesGoOnInWhatTheFirstWasCutFrom() async throws {
        try await TestCluster.run { cluster in
            let key: RedisArgument = .text(Keys.online(room("general")))
            let people = (0..<250).map { "user-\($0)" }.sorted()
            _ = try await cluster.redis.call(["HSET", key, "", "250"] + people.flatMap { [.text($0), "1"] })
            let path = "/presence/rooms/general?limit=200"
            var answer = try await cluster.ask(path, as: "alice")
            #expect(answer.json["online"] == 250)
            let cursor = try #require(answer.json["next_cursor"]?.text)
            _ = try await cluster.redis.call("HSET", key, "", "251", "zoe", "1")
            answer = try await cluster.ask("\(path)&cursor=\(cursor)", as: "alice")
            #expect(answer.json["online"] == 250 && answer.json["complete"] == true)
            answer = try await cluster.ask(path, as: "alice")
            #expect(answer.json["online"] == 251)
            // For those outside nothing is remembered either.
            let outside = try await cluster.ask("\(path)&cursor=\(cursor)", as: "mallory")
            #expect(outside.status == 404)
        }
    }

    @Test func forThoseOutsideThereIsNoRoom() async throws {
        try await TestCluster.run { cluster in
            for (user, room, rooms) in [
                ("mallory", "general", nil), ("alice", "nowhere", nil), ("alice", "No%20Room", nil),
                ("alice", "general", ["other"]), ("alice", "dm:bob_carol", [String]?.none),
            ] {
                let answer = try await cluster.ask("/presence/rooms/\(room)", as: user, rooms: rooms)
                #expect(answer.status == 404, "\(user) in \(room)")
                #expect(answer.json["code"] == "room_not_found")
            }
        }
    }

    @Test func whoDoesNotSayWhoTheyAreIsSentAway() async throws {
        try await TestCluster.run { cluster in
            let paths = [
                "/presence/users?ids=alice", "/presence/rooms/general", "/presence/limits",
                "/presence/limits/me",
            ]
            for path in paths {
                let nobody = try await cluster.ask(path)
                #expect(nobody.status == 401)
                #expect(nobody.json["code"] == "token_missing")
                #expect(nobody.header("WWW-Authenticate") == #"Bearer realm="parley""#)
                let late = try await cluster.ask(path, as: "alice", expiresIn: -60)
                #expect(late.status == 401)
                #expect(late.json["code"] == "token_expired")
                let challenge = late.header("WWW-Authenticate") ?? ""
                #expect(challenge.hasPrefix(#"Bearer realm="parley", error="invalid_token""#))
            }
        }
    }

    @Test func badQueriesAre422() async throws {
        try await TestCluster.run { cluster in
            for path in ["/presence/users", "/presence/users?ids=!", "/presence/rooms/general?limit=x"] {
                let answer = try await cluster.ask(path, as: "alice")
                #expect(answer.status == 422)
                #expect(answer.json["code"] == "invalid_field")
            }
            let later = try await cluster.ask("/presence/webhooks", as: "alice")
            #expect(later.status == 404)
        }
    }
}

struct LimitRoutesTests {
    private static let policies = JSONValue.object(["policies": ["member": ["messages": 10, "seconds": 60]]])

    @Test func operatorsSetThePolicies() async throws {
        try await TestCluster.run { cluster in
            let path = "/presence/limits"
            let first = try await cluster.ask(path, as: "root", roles: ["admin"])
            #expect(first.json == Self.policies)

            let body =
                #"{"policies":{"bot":{"messages":500,"seconds":60},"member":{"messages":3,"seconds":5}}}"#
            let changed = try await cluster.ask(path, by: "PUT", as: "root", roles: ["admin"], body: body)
            #expect(changed.status == 200)
            #expect(changed.json["policies"]?["bot"] == ["messages": 500, "seconds": 60])
            #expect(changed.json["policies"]?["member"] == ["messages": 3, "seconds": 5])
            let told = try await cluster.redis.call("XRANGE", .text(Keys.controlLog), "-", "+")
            #expect(StreamEntry.list(told)?.compactMap { $0.text("type") } == ["limits"])

            let removal = #"{"policies":{"member":null,"bot":null}}"#
            let back = try await cluster.ask(path, by: "PUT", as: "root", roles: ["admin"], body: removal)
            #expect(back.json == Self.policies)
        }
    }

    /// Who set the policies last had a clock that was ahead, or ours has been set back since.
    @Test func aChangeHoldsWhateverTheClockSays() async throws {
        try await TestCluster.run { cluster in
            let ahead = WallClock.milliseconds() + 3_600_000
            _ = try await cluster.redis.call(
                "HSET", .text(Keys.limitsPolicies), "", .int(ahead), "bot", "5:60")
            let keeper = cluster.assembly.keeper
            keeper.compare()
            await expectEventually(on: cluster.loop) { keeper.known["bot"] == "5:60" }
            let body = #"{"policies":{"bot":{"messages":7,"seconds":60}}}"#
            let changed = try await cluster.ask(
                "/presence/limits", by: "PUT", as: "root", roles: ["admin"], body: body)
            #expect(changed.status == 200)
            let version = try await cluster.redis.call("HGET", .text(Keys.limitsPolicies), "").int
            #expect(version == ahead + 1)
            await expectEventually(on: cluster.loop) { keeper.known["bot"] == "7:60" }
        }
    }

    /// As after FLUSHALL, or with a file of an earlier day.
    @Test(arguments: [nil, "1:1"]) func whatRedisHasForgottenIsGivenBack(older: String?) async throws {
        try await TestCluster.run { cluster in
            let path = "/presence/limits"
            for number in 1...2 {
                let body = #"{"policies":{"bot":{"messages":\#(number),"seconds":60}}}"#
                let changed = try await cluster.ask(path, by: "PUT", as: "root", roles: ["admin"], body: body)
                #expect(changed.status == 200)
            }
            let keeper = cluster.assembly.keeper
            await expectEventually(on: cluster.loop) { keeper.known["bot"] == "2:60" }
            _ = try await cluster.redis.call("DEL", .text(Keys.limitsPolicies))
            if let older {
                _ = try await cluster.redis.call(
                    "HSET", .text(Keys.limitsPolicies), "", "1", "bot", .text(older), "gone", .text(older))
            }
            try await ControlLog.append(.reload, to: cluster.redis)
            var found: JSONValue = .null
            for _ in 0..<500 where found["policies"]?["bot"]?["messages"] != 2 {
                await cluster.loop.sleep(milliseconds: 10)
                found = try await cluster.ask(path, as: "root", roles: ["admin"]).json
            }
            #expect(
                found == [
                    "policies": [
                        "bot": ["messages": 2, "seconds": 60], "member": ["messages": 10, "seconds": 60],
                    ]
                ])
        }
    }

    @Test func nobodyElseDoes() async throws {
        try await TestCluster.run { cluster in
            for method in ["GET", "PUT"] {
                let answer = try await cluster.ask(
                    "/presence/limits", by: method, as: "alice", body: method == "PUT" ? "{}" : nil)
                #expect(answer.status == 403)
                #expect(answer.json["code"] == "forbidden")
            }
        }
    }

    @Test(arguments: [
        ("{", 400), ("{}", 422), (#"{"policies":{"member":{"messages":-1,"seconds":1}}}"#, 422),
    ])
    func badPoliciesChangeNothing(body: String, status: Int) async throws {
        try await TestCluster.run { cluster in
            let answer = try await cluster.ask(
                "/presence/limits", by: "PUT", as: "root", roles: ["admin"], body: body)
            #expect(answer.status == status)
            let written = try await cluster.redis.call(
                "EXISTS", .text(Keys.limitsPolicies), .text(Keys.controlLog))
            #expect(written == .integer(0))
        }
    }

    @Test func oneSeesWhatIsLeft() async throws {
        try await TestCluster.run(messages: 2) { cluster in
            for sent in 0...2 {
                let answer = try await cluster.ask("/presence/limits/me", as: "alice")
                #expect(answer.status == 200)
                #expect(answer.json["messages_sent"] == .int(Int64(sent)))
                #expect(answer.json["max_messages"] == 2)
                #expect(answer.json["window_seconds"] == 60)
                let wait = try #require(answer.json["time_until_reset"]?.int)
                #expect(sent < 2 ? wait == 0 : (1...60).contains(wait))
                #expect(answer.header("RateLimit") == "\"messages\";r=\(2 - sent);t=\(wait)")
                _ = try await cluster.redis.function(
                    LimitFunctions.take, keys: [.text(Keys.limit(handle("alice")))],
                    arguments: LimitCall.arguments(["m\(sent)"], most: 2))
            }
        }
    }

    @Test(arguments: [(true, 0), (false, 10)]) func withoutALimitThereIsNoMost(
        hasLimits: Bool, messages: Int
    ) async throws {
        try await TestCluster.run(hasLimits: hasLimits, messages: messages) { cluster in
            let answer = try await cluster.ask("/presence/limits/me", as: "alice")
            #expect(answer.json["max_messages"] == 0)
            #expect(answer.json["time_until_reset"] == 0)
            #expect(answer.header("RateLimit") == nil)
        }
    }
}
