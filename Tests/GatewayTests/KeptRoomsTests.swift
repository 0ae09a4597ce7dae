import Bus
import Schema
import Testing

@testable import ChatGateway

struct KeptRoomsTests {
    private func identity(rooms: [String]? = nil) throws -> Identity {
        let alice = try #require(UserHandle("alice"))
        return Identity(
            user: alice, name: "Alice", roles: ["member"], sessionID: "s", rooms: rooms, expires: 2)
    }

    private func kept(
        _ found: [(name: String, joined: Int64)], rooms: [String]? = nil, limit: Int = 3
    ) throws -> KeptRooms {
        KeptRooms(found, for: try identity(rooms: rooms), limit: limit)
    }

    @Test func roomsComeByName() throws {
        let kept = try kept([("tea", 3), ("dm:alice_bob", 1), ("general", 2)])
        #expect(kept.rooms.map(\.text) == ["dm:alice_bob", "general", "tea"])
        #expect(kept.surplus.isEmpty)
    }

    @Test func beyondTheLimitTheLastJoinedCount() throws {
        let kept = try kept([("a", 1), ("b", 9), ("c", 5), ("d", 5), ("e", 7)], limit: 3)
        #expect(kept.rooms.map(\.text) == ["b", "c", "e"])
        #expect(kept.surplus == ["d", "a"])
    }

    @Test func whatATokenMayNotEnterIsKeptAndNotTold() throws {
        let kept = try kept([("tea", 1), ("general", 2)], rooms: ["tea"])
        #expect(kept.rooms.map(\.text) == ["tea"])
        #expect(kept.surplus.isEmpty)
    }

    @Test func whatCanBeNoRoomOfThisUserGoes() throws {
        let kept = try kept([("NO", 1), ("", 1), ("dm:bob_carol", 1), ("tea", 1)])
        #expect(kept.rooms.map(\.text) == ["tea"])
        #expect(kept.surplus == ["NO", "", "dm:bob_carol"])
    }

    @Test func nothingFoundIsNothing() throws {
        let kept = try kept([])
        #expect(kept.rooms.isEmpty && kept.surplus.isEmpty)
    }
}
