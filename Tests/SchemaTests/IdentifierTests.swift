import Schema
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: ["al", "alice", "a.b-c", "0x", String(repeating: "a", count: 32)])
    func goodHandle(text: String) {
        #expect(UserHandle(text)?.text == text)
    }

    @Test(arguments: [
        "", "a", ".a", "-a", "Alice", "a_b", "a b", "é1", "a\0", String(repeating: "a", count: 33),
    ])
    func badHandle(text: String) {
        #expect(UserHandle(text) == nil)
    }

    @Test(arguments: ["g", "general", "0-a", "dm:alice_bob", "dm:al_al", String(repeating: "r", count: 64)])
    func goodRoom(text: String) {
        #expect(RoomID(text)?.text == text)
    }

    @Test(
        arguments: [
            "", "-a", "General", "a.b", "a_b", "a:b", "dm:", "dm:alice", "dm:bob_alice", "dm:a_bob",
            "dm:alice_bob_eve",
            "dm:_", "Dm:alice_bob", "a/b", "{a}", "a\n", String(repeating: "r", count: 65),
        ])
    func badRoom(text: String) {
        #expect(RoomID(text) == nil)
    }

    @Test("A direct room is the same whoever writes first")
    func directRoom() throws {
        let alice = try #require(UserHandle("alice"))
        let bob = try #require(UserHandle("bob"))
        let room = RoomID.direct(bob, alice)
        #expect(room.text == "dm:alice_bob")
        #expect(room == RoomID.direct(alice, bob))
        #expect(room.isDirect)
        let members = try #require(room.directMembers)
        #expect(members == (alice, bob))
        #expect(RoomID.direct(bob, bob).text == "dm:bob_bob")
    }

    @Test("A plain room has no two members by its name")
    func plainRoom() throws {
        let room = try #require(RoomID("general"))
        #expect(!room.isDirect)
        #expect(room.directMembers == nil)
    }

    @Test(arguments: ["c", "c-1", " ~\"\\", String(repeating: "k", count: 64)])
    func goodClientMessageID(text: String) {
        #expect(ClientMessageID(text)?.text == text)
    }

    @Test(arguments: ["", "é", "a\n", "a\u{7F}", "a\0", String(repeating: "k", count: 65)])
    func badClientMessageID(text: String) {
        #expect(ClientMessageID(text) == nil)
    }
}
