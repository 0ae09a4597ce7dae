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
        for seq: Int64 in 1...2 { _ = untold.failed(alice, at: place(seq)) { true } }
        #expect(untold.first(of: alice, or: place(3)) == place(1))
        #expect(untold.first(of: bob, or: place(3)) == place(3))
        // An answer about a later one says nothing of the first.
        let isOfLater = untold.told(alice, from: place(2))
        #expect(!isOfLater)
        #expect(untold.some(9).map(\.place) == [place(1)])
        let settled = (0..<2).map { _ in untold.told(alice, from: place(1)) }
        #expect(settled == [true, false])
        #expect(untold.count == 0)
        #expect(untold.first(of: alice, or: place(4)) == place(4))
    }

    @Test func theyAreBounded() {
        var untold = UntoldMessages()
        var asked = 0
        let kept = [alice, bob, alice].map { address in
            untold.failed(address, at: place(1)) {
                asked += 1
                return asked == 1
            }
        }
        // Who is kept already takes no further place.
        #expect((kept, asked) == ([true, false, true], 2))
        #expect(untold.count == 1)
        #expect(untold.some(9).map(\.address) == [alice])
        #expect(untold.some(0).isEmpty)
    }
}
