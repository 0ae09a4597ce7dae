import Bus
import Redis
import Schema
import Support
import Testing

@testable import ChatAuth

extension ServiceTests {
    /// Rooms and members over HTTP and over the bus.
    @Suite struct RoomFlowTests {
        private func room(_ text: String) throws -> RoomID { try #require(RoomID(text)) }

        @Test func roomsAreMadeAndListed() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                let bob = try await auth.register("bob").access
                let made = try await auth.call(
                    "POST", "/rooms", ["name": "Ops & Friends", "visibility": "private"], token: alice)
                #expect(made.status == 201)
                #expect(made.header("location") == "/rooms/ops-friends")
                #expect(made["role"] == "owner")
                #expect(made["members"] == 1)
                let twin = try await auth.call(
                    "POST", "/rooms", ["name": "Ops & Friends", "visibility": "private"], token: bob)
                #expect(twin.status == 201)
                let taken = try await auth.call(
                    "POST", "/rooms", ["id": "ops-friends", "name": "Mine", "visibility": "public"],
                    token: bob)
                #expect(taken.code == "room_exists")
                for number in 1...3 {
                    let body: JSONValue = [
                        "id": .string("open-\(number)"), "name": "Open", "visibility": "public",
                    ]
                    #expect(try await auth.call("POST", "/rooms", body, token: bob).status == 201)
                }
                var seen: [String] = []
                var path = "/rooms?limit=2"
                while true {
                    let page = try await auth.call("GET", path, token: alice)
                    seen += page["rooms"]?.array?.compactMap { $0["id"]?.text } ?? []
                    guard let cursor = page["next_cursor"]?.text else { break }
                    path = "/rooms?limit=2&cursor=\(cursor)"
                }
                #expect(seen == ["open-1", "open-2", "open-3", "ops-friends"])
                for (query, listed) in [
                    ("mine=true", ["ops-friends"]), ("mine=false&limit=1", ["open-1"]),
                    ("limit=1", ["open-1"]),
                ] {
                    let page = try await auth.call("GET", "/rooms?\(query)", token: alice)
                    #expect(page["rooms"]?.array?.compactMap { $0["id"]?.text } == listed, "\(query)")
                }
                let hidden = try await auth.call("GET", "/rooms/ops-friends", token: bob)
                #expect(hidden.status == 404)
                #expect(hidden.code == "room_not_found")
                let open = try await auth.call("GET", "/rooms/open-1", token: alice)
                #expect(open["role"] == .null)
            }
        }

        @Test(
            arguments: [
                (["id": "dm:alice_bob", "name": "X", "visibility": "public"], "id"),
                (["id": "No", "name": "X", "visibility": "public"], "id"),
                (["name": "X", "visibility": "direct"], "visibility"),
                (["name": "", "visibility": "public"], "name"),
                (["visibility": "public"], "name"), (["name": "a\u{0}", "visibility": "public"], "name"),
            ] as [(JSONValue, String)])
        func badRoomsAreRefused(body: JSONValue, field: String) async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                let answer = try await auth.call("POST", "/rooms", body, token: alice)
                // U+0000 is no JSON of ours, or a bad name: never a failure.
                #expect(answer.status == 422)
                #expect(answer["errors"]?[0]?["field"]?.text == field)
            }
        }

        @Test func membersAreManagedAndTold() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                let bob = try await auth.register("bob").access
                let room = try room("team")
                _ = try await auth.call(
                    "POST", "/rooms", ["id": "team", "name": "Team", "visibility": "private"], token: alice)
                #expect(try await auth.ask("room_load", ["room": "team"]) == .success([:]))
                #expect(try await auth.members(of: room) == ["alice": "owner"])

                let path = "/rooms/team/members/bob"
                let outside = try await auth.call("PUT", path, ["role": "member"], token: bob)
                #expect(outside.code == "room_not_found")
                #expect(try await auth.call("PUT", path, ["role": "guest"], token: alice).status == 204)
                // Before it was answered, Redis knew.
                #expect(try await auth.members(of: room) == ["alice": "owner", "bob": "guest"])
                let raised = try await auth.call("PUT", path, ["role": "owner"], token: bob)
                #expect(raised.code == "forbidden")
                let nobody = try await auth.call(
                    "PUT", "/rooms/team/members/nobody", ["role": "member"], token: alice)
                #expect(nobody.code == "user_not_found")
                let role = try await auth.call("PUT", path, ["role": "king"], token: alice)
                #expect(role.status == 422)
                let list = try await auth.call("GET", "/rooms/team/members", token: bob)
                #expect(list["members"]?.array?.compactMap { $0["user"]?.text } == ["alice", "bob"])

                #expect(try await auth.call("DELETE", path, token: alice).status == 204)
                #expect(try await auth.members(of: room) == ["alice": "owner"])
                #expect(try await auth.call("DELETE", path, token: alice).code == "member_not_found")
                let last = try await auth.call("DELETE", "/rooms/team/members/alice", token: alice)
                #expect(last.code == "last_owner")
                try await auth.expectAllTold()
                let told = try await auth.controlLog().filter { $0.type == "member" }.map(\.data)
                #expect(told.map { $0["mv"]?.int } == [2, 3])
                #expect(told.map { $0["role"] } == ["guest", .null])
                #expect(told.last?["reason"] == "removed")
            }
        }

        @Test func aPublicRoomIsJoinedOverTheBus() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.register("bob")
                for visibility in ["public", "private"] {
                    _ = try await auth.call(
                        "POST", "/rooms",
                        ["id": .string(visibility), "name": "Room", "visibility": .string(visibility)],
                        token: alice)
                }
                let joined = try await auth.ask("room_join", ["room": "public", "user": "bob"])
                // The version is told to who becomes a member by it: Redis has it.
                #expect(joined == .success(["role": "member", "mv": 2]))
                #expect(try await auth.ask("room_load", ["room": "public"]) == .success([:]))
                let open = try room("public")
                #expect(try await auth.members(of: open) == ["alice": "owner", "bob": "member"])
                let again = try await auth.ask("room_join", ["room": "public", "user": "alice"])
                #expect(again == .success(["role": "owner"]))
                for room in ["private", "nowhere"] {
                    let denied = try await auth.ask("room_join", ["room": .string(room), "user": "bob"])
                    #expect(denied == .failure(.refused(.roomDenied)))
                }
                #expect(
                    try await auth.ask("room_load", ["room": "nowhere"]) == .failure(.refused(.roomDenied)))
            }
        }

        /// Anybody may come in as a member there, so a guest who has left may, too.
        @Test func aRoleEndsWithTheMembership() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                let bob = try await auth.register("bob").access
                _ = try await auth.call(
                    "POST", "/rooms", ["id": "open", "name": "Room", "visibility": "public"], token: alice)
                let path = "/rooms/open/members/bob"
                #expect(try await auth.call("PUT", path, ["role": "guest"], token: alice).status == 204)
                let again = try await auth.ask("room_join", ["room": "open", "user": "bob"])
                #expect(again == .success(["role": "guest"]))
                #expect(try await auth.call("PUT", path, ["role": "member"], token: bob).code == "forbidden")
                #expect(try await auth.call("DELETE", path, token: bob).status == 204)
                let joined = try await auth.ask("room_join", ["room": "open", "user": "bob"])
                #expect(joined == .success(["role": "member", "mv": 4]))
            }
        }

        @Test func thoseWhoEnterAtOnceAreAllMembersAndToldInOrder() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                try await auth.sql(
                    """
                    INSERT INTO auth.accounts (handle, name, roles)
                    SELECT 'user-' || n, 'User', ARRAY['member'] FROM generate_series(1, 12) AS n
                    """)
                for room in ["one", "two"] {
                    _ = try await auth.call(
                        "POST", "/rooms", ["id": .string(room), "name": "Room", "visibility": "public"],
                        token: alice)
                }
                #expect(try await auth.ask("room_load", ["room": "one"]) == .success([:]))
                let asked = (0...12).flatMap { number in
                    ["one", "two"].map { (room: $0, user: "user-\(number)") }
                }
                // There is no user-0.
                let refused = try await withThrowingTaskGroup(of: String?.self) { group in
                    for (room, user) in asked {
                        group.addTask {
                            let answer = try await auth.ask(
                                "room_join", ["room": .string(room), "user": .string(user)])
                            if case .success(let data) = answer, data["role"] == "member" { return nil }
                            return answer == .failure(.refused(.userNotFound)) ? user : "\(answer)"
                        }
                    }
                    return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
                }
                #expect(refused == ["user-0", "user-0"])
                #expect(try await auth.members(of: room("one")).count == 13)
                #expect(try await auth.ask("room_load", ["room": "two"]) == .success([:]))
                #expect(try await auth.members(of: room("two")).count == 13)
                let told = try await auth.controlLog().flatMap { entry in
                    entry.type == "member" ? [entry.data] : entry.data["changes"]?.array ?? []
                }
                for room in ["one", "two"] {
                    let versions = told.filter { $0["room"]?.text == room }.map { $0["mv"]?.int }
                    #expect(versions == (2...13).map { $0 }, "\(room)")
                }
            }
        }

        @Test func aRoomThatSomebodyHasLockedKeepsNobodyFromOthers() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.register("bob")
                for room in ["locked", "free"] {
                    _ = try await auth.call(
                        "POST", "/rooms", ["id": .string(room), "name": "Room", "visibility": "public"],
                        token: alice)
                    _ = try await auth.ask("room_load", ["room": .string(room)])
                }
                let (free, locked) = try await auth.whileLocked("locked") {
                    let locked = Task { try await auth.ask("room_join", ["room": "locked", "user": "bob"]) }
                    return (try await auth.ask("room_join", ["room": "free", "user": "bob"]), locked)
                }
                #expect(free == .success(["role": "member", "mv": 2]))
                #expect(try await locked.value == .success(["role": "member", "mv": 2]))
            }
        }

        /// Their rooms come one by one then, for the sake of Redis and of memory.
        @Test func roomsWithMoreMembersThanGoTogetherAreLoaded() async throws {
            try await withAuth { auth in
                try await auth.sql(
                    """
                    INSERT INTO auth.accounts (handle, name, roles)
                    SELECT 'user-' || n, 'User', ARRAY['member'] FROM generate_series(1, 6000) AS n
                    """)
                try await auth.sql(
                    """
                    INSERT INTO auth.rooms (id, name, visibility)
                    SELECT 'big-' || n, 'Big', 'public' FROM generate_series(1, 3) AS n
                    """)
                try await auth.sql(
                    """
                    INSERT INTO auth.members (room, handle, role)
                    SELECT r.id, a.handle, 'member' FROM auth.rooms r, auth.accounts a WHERE a.handle LIKE 'user-%'
                    """)
                let rooms = try ["big-1", "big-2", "big-3", "none"].map { try room($0) }
                let outcomes = try await auth.copying { try await $0.load(rooms) }
                #expect(outcomes == ["big-1", "big-2", "big-3", "none: roomDenied"])
                for room in rooms.dropLast() { #expect(try await auth.members(of: room).count == 6_000) }
            }
        }

        /// However many enter, and however far behind the telling is: what was committed before the writing was done
        /// is there.
        @Test func aRoomIsLoadedWhileItsMembersChangeWithoutAnEnd() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.call(
                    "POST", "/rooms", ["id": "team", "name": "Team", "visibility": "public"], token: alice)
                let team = try room("team")
                let versions = try await auth.whileMembersChange(of: team) { copy, rooms in
                    var versions: [(Int64, Int64)] = []
                    for _ in 0..<10 {
                        let before = try await rooms.versions(of: [team])[team] ?? 0
                        try await copy.load(team)
                        versions.append((before, try await rooms.versions(of: [team])[team] ?? 0))
                    }
                    return versions
                }
                // It did change meanwhile: often, if not each time.
                #expect(versions.last?.1 ?? 0 > versions.first?.0 ?? .max)
                let known = try await auth.redis { client in
                    try await client.call("HGET", .text(Keys.room(team)), "mv").text
                }
                #expect(known.flatMap { Int64($0) } ?? 0 >= versions.last?.0 ?? .max)
            }
        }

        /// Their token is signed well and good for minutes yet.
        @Test func whoseAccountIsGoneIsNobody() async throws {
            try await withAuth { auth in
                let ghost = try await auth.register("ghost").access
                try await auth.sql("DELETE FROM auth.accounts WHERE handle = 'ghost'")
                let room: JSONValue = ["id": "lair", "name": "Lair", "visibility": "public"]
                let password: JSONValue = ["current_password": "wonderland", "new_password": "looking glass"]
                for (method, path, body) in [
                    ("POST", "/rooms", room), ("GET", "/auth/me", nil), ("POST", "/auth/password", password),
                ] as [(String, String, JSONValue?)] {
                    let answer = try await auth.call(method, path, body, token: ghost)
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer.code == "token_invalid", "\(method) \(path)")
                }
            }
        }

        @Test func whoComesAtTheSameTimeIsNotedTogether() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                let faces = try await auth.noting([
                    ("robot", "R", ["member", "bot"]), ("alice", "Queen", ["admin"]),
                    ("robot", "R2", ["bot", "two words"]),
                    ("drone", "", []),
                ])
                // Who has a password is nobody's to rename; who comes twice is as they came last.
                #expect(faces == ["alice: alice member", "drone: drone ", "robot: R2 bot"])
                let again = try await auth.noting([("drone", "D", ["member"]), ("robot", "R2", ["bot"])])
                #expect(again == ["alice: alice member", "drone: D member", "robot: R2 bot"])
            }
        }

        @Test func otherServicesAskAboutPeople() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.register("bob")
                let profile = try await auth.ask("profile", ["user": "alice"])
                #expect(profile == .success(["user": "alice", "name": "alice", "roles": ["member"]]))
                #expect(
                    try await auth.ask("profile", ["user": "nobody"]) == .failure(.refused(.userNotFound)))
                let seen = try await auth.ask("account_seen", ["user": "robot", "name": "R", "roles": []])
                #expect(seen == .success([:]))
                #expect(try await auth.ask("room_load", ["room": "dm:alice_robot"]) == .success([:]))
                let visible = try await auth.ask("visible", ["user": "alice", "others": ["bob", "robot"]])
                #expect(visible == .success(["users": ["robot"]]))
                #expect(try await auth.call("GET", "/rooms", token: alice)["rooms"]?.array?.count == 1)
                #expect(try await auth.ask("nonsense", [:]) == .failure(.refused(.unknownType)))
            }
        }
    }
}
