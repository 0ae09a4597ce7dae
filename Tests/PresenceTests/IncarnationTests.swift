import Testing

@testable import ChatPresence

struct IncarnationTests {
    private static let leases = ["gw-1": "gw-1.aaaaaaaa", "a.b": "a.b.cccccccc"]

    @Test(arguments: [
        ("gw-1.aaaaaaaa", true), ("a.b.cccccccc", true),
        // Another life of the same gateway, and one without a lease.
        ("gw-1.bbbbbbbb", false), ("gw-2.aaaaaaaa", false),
        // Nothing that a gateway would write.
        ("", false), ("gw-1", false), (".aaaaaaaa", false), ("gw-1.", false),
    ])
    func isAliveWhileItHoldsItsLease(text: String, isAlive: Bool) {
        #expect(Incarnation(text: text).isAlive(IncarnationTests.leases) == isAlive)
        let dead = Incarnation.dead(among: [Incarnation(text: text)], leases: IncarnationTests.leases)
        #expect(dead.isEmpty == isAlive)
    }
}

struct OnlineRoomTests {
    @Test(arguments: ["general alice", "dm:alice_bob alice"]) func aPlaceIsRoomAndUser(text: String) {
        #expect(OnlineRoom(text).map { "\($0.room) \($0.user)" } == text)
    }

    @Test(arguments: ["", " ", "general", "general ", " alice", "general alice bob", "Gen eral"])
    func whatIsNoneIsPassedOver(text: String) {
        #expect(OnlineRoom(text) == nil)
    }
}
