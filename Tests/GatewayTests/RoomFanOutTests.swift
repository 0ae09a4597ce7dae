import Bus
import Schema
import Testing

@testable import ChatGateway

/// Hears nothing: only the member list counts here.
private struct Nobody: RoomAudience {
    func give(_ payload: Int, to member: String) {}
    func bundle(_ payloads: [Int]) -> [Int] { payloads }
    func give(_ bundle: [Int], to member: String) {}
    func tell(_ notice: LogNotice, to member: String) {}
    func hasRoom(_ member: String) -> Bool { true }
}

struct RoomFanOutTests {
    /// PostgreSQL was restored: nobody is known to be in the older list, and changes of it count again.
    @Test func aMemberListThatWasSetBackIsComparedAgain() {
        var fanOut = RoomFanOut<Nobody>()
        let newest = LogPosition(epoch: "a", seq: 7)
        _ = fanOut.enter("alice", mv: 55, at: newest, with: .unread, Nobody())
        _ = fanOut.enter("bob", mv: .max, at: newest, with: .unread, Nobody())
        fanOut.heard(mv: 56)
        #expect([fanOut.newestMV, fanOut.verifiedMV] == [56, 56])

        let requests = fanOut.setBack(toMV: 40)
        guard case .checkMembers(mv: 40)? = requests.last else {
            Issue.record("nobody is compared: \(requests)")
            return
        }
        // A direct room's two are in every version.
        #expect([fanOut.mv(of: "alice"), fanOut.mv(of: "bob")] == [40, .max])
        _ = fanOut.checked(mv: 40, Nobody())
        #expect([fanOut.newestMV, fanOut.verifiedMV] == [40, 40])
        fanOut.heard(mv: 41)
        #expect([fanOut.newestMV, fanOut.verifiedMV] == [41, 41])
    }
}
