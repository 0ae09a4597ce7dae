import Schema
import Support
import Testing

@testable import ChatAuth

extension ServiceTests {
    /// How much one user may change of rooms and memberships.
    @Suite struct RoomChangesTests {
        private func makeRoom(_ id: String, _ token: String, _ auth: Auth) async throws -> HTTPAnswer {
            let room: JSONValue = ["id": .string(id), "name": "Room", "visibility": "public"]
            return try await auth.call("POST", "/rooms", room, token: token)
        }

        @Test func eachUserMayChangeSoMuchInAnHour() async throws {
            let clock = ManualClock()
            try await withAuth(["MAX_ROOM_CHANGES_PER_USER": "4"], clock: { clock.now }) { auth in
                let alice = try await auth.register("alice").access
                let bob = try await auth.register("bob").access
                #expect(try await makeRoom("one", alice, auth).status == 201)
                let member = "/rooms/one/members/bob"
                for role in ["moderator", "member"] {
                    let answer = try await auth.call("PUT", member, ["role": .string(role)], token: alice)
                    #expect(answer.status == 204)
                }
                #expect(try await auth.call("DELETE", member, token: alice).status == 204)

                let refused = try await makeRoom("two", alice, auth)
                #expect(refused.status == 429)
                #expect(refused.code == "rate_limited")
                #expect(refused.header("retry-after") == "900")
                #expect(refused.header("ratelimit-policy") == #""room-changes";q=4;w=3600"#)
                #expect(refused.header("ratelimit") == #""room-changes";r=0;t=900"#)
                #expect(try await auth.call("PUT", member, ["role": "member"], token: alice).status == 429)
                #expect(try await auth.call("DELETE", member, token: alice).status == 429)
                // Who reads changes nothing, and others have their own.
                #expect(try await auth.call("GET", "/rooms/one/members", token: alice).status == 200)
                #expect(try await makeRoom("two", bob, auth).status == 201)

                clock.advance(bySeconds: 900)
                #expect(try await makeRoom("three", alice, auth).status == 201)
                #expect(try await makeRoom("four", alice, auth).status == 429)
            }
        }

        @Test func administratorsMayChangeWhatTheyWant() async throws {
            let settings = ["MAX_ROOM_CHANGES_PER_USER": "1", "ADMIN_PASSWORD": "of-all-evil"]
            try await withAuth(settings) { auth in
                let root = try await auth.login("admin", "of-all-evil").access
                for number in 0..<3 {
                    #expect(try await makeRoom("room-\(number)", root, auth).status == 201)
                }
            }
        }

        @Test(arguments: [
            ["MAX_ROOM_CHANGES_PER_USER": "1", "LIMITS": "off"], ["MAX_ROOM_CHANGES_PER_USER": "0"],
        ])
        func theLimitCanBeLifted(settings: [String: String]) async throws {
            try await withAuth(settings) { auth in
                let alice = try await auth.register("alice").access
                for number in 0..<3 {
                    #expect(try await makeRoom("room-\(number)", alice, auth).status == 201)
                }
            }
        }
    }
}
