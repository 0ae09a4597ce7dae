import Schema
import Support
import Testing

@testable import ChatGateway

struct UntoldMessagesTests {
    private let alice = UntoldMessages.Address(user: .alice, room: room("dm:alice_bob"))
    private let bob = UntoldMessages.Address(user: .bob, room: room("dm:alice_bob"))

    private func place(_ seq: Int64) -> LogPosition { LogPosition(epoch: "8h2k", seq: seq) }

    @Test func theFirstThatFailedIsToldUntilItIsConfirmed() {
        var untold = UntoldMessages()
        #expect(untold.first(of: alice, or: place(1)) == place(1))
        _ = untold.failed(alice, at: place(1))
        _ = untold.failed(alice, at: place(2))
        #expect(untold.first(of: alice, or: place(3)) == place(1))
        #expect(untold.first(of: bob, or: place(3)) == place(3))
        // An answer about a later one says nothing of the first.
        untold.told(alice, from: place(2))
        #expect(untold.some(9).map(\.place) == [place(1)])
        untold.told(alice, from: place(1))
        #expect(untold.count == 0)
        #expect(untold.first(of: alice, or: place(4)) == place(4))
    }

    @Test func theyAreBounded() {
        var untold = UntoldMessages(limit: 1)
        let kept = [alice, bob, alice].map { untold.failed($0, at: place(1)) }
        #expect(kept == [true, false, true])
        #expect(untold.count == 1)
        #expect(untold.some(9).map(\.address) == [alice])
        #expect(untold.some(0).isEmpty)
    }
}
