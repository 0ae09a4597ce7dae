import Bus
import Redis
import Schema
import Support
import Testing

@testable import ChatAuth

extension ServiceTests {
    /// When a direct room is made, and when not.
    @Suite struct DirectRoomTests {
        private func room(_ text: String) throws -> RoomID { try #require(RoomID(text)) }

        @Test func aDirectRoomIsMadeOnFirstUse() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.register("bob")
                let room = try room("dm:alice_bob")
                #expect(try await auth.ask("room_load", ["room": "dm:alice_bob"]) == .success([:]))
                #expect(try await auth.members(of: room) == ["alice": "member", "bob": "member"])
                let first = try await auth.redis { client in
                    try await client.call("HGET", .text(Keys.room(room)), "first").text
                }
                #expect(first == "1")
                let missing = try await auth.ask("room_load", ["room": "dm:alice_nobody"])
                #expect(missing == .failure(.refused(.userNotFound)))
                #expect(try await auth.ask("room_load", ["room": "dm:alice_alice"]) == .success([:]))
                let seen = try await auth.call("GET", "/rooms/dm:alice_bob", token: alice)
                #expect(seen["visibility"] == "direct")
                let left = try await auth.call("DELETE", "/rooms/dm:alice_bob/members/alice", token: alice)
                #expect(left.code == "forbidden")
            }
        }

        /// A look into every conversation that could be would leave as many rooms behind.
        @Test func whoReadsADirectRoomDoesNotMakeIt() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.register("bob")
                let look: JSONValue = ["room": "dm:alice_bob", "read": true]
                #expect(try await auth.ask("room_load", look) == .success(["absent": true]))
                #expect(
                    try await auth.ask("room_load", ["room": "dm:alice_alice", "read": true])
                        == .success(["absent": true]))
                #expect(try await auth.call("GET", "/rooms", token: alice)["rooms"] == [])
                #expect(try await auth.members(of: room("dm:alice_bob")) == [:])
                #expect(
                    try await auth.ask("room_load", ["room": "dm:alice_nobody", "read": true])
                        == .failure(.refused(.userNotFound)))
                _ = try await auth.ask("room_load", ["room": "dm:alice_bob"])
                #expect(try await auth.ask("room_load", look) == .success([:]))
            }
        }
    }
}
