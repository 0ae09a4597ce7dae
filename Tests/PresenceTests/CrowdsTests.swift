import Engine
import Schema
import Support
import Testing

@testable import ChatPresence

struct CrowdsTests {
    private static let many = (0...Crowds.least).map { handle("user-\($0)") }
    private static let began = Instant(milliseconds: 0)

    @Test func manyAreRememberedForAWhile() {
        var crowds = Crowds()
        crowds.keep(Self.many, of: .general, at: Self.began)
        let found = [0, Crowds.milliseconds - 1, Crowds.milliseconds].map {
            crowds.people(of: .general, at: Self.began.advanced(byMilliseconds: $0))
        }
        #expect(found == [Self.many, Self.many, nil])
        #expect(crowds.people(of: room("other"), at: Self.began) == nil)
    }

    @Test func whoCountsIsWhoWasSeenLast() {
        var crowds = Crowds()
        crowds.keep(Self.many, of: .general, at: Self.began)
        crowds.keep(Self.many + [.alice], of: .general, at: Self.began)
        #expect(crowds.people(of: .general, at: Self.began) == Self.many + [.alice])
        crowds.keep([.alice], of: .general, at: Self.began)
        #expect(crowds.people(of: .general, at: Self.began) == nil)
    }

    @Test func theFirstOfTooManyRoomsIsForgotten() {
        var crowds = Crowds()
        let rooms = (0...Crowds.most).map { room("room-\($0)") }
        for room in rooms { crowds.keep(Self.many, of: room, at: Self.began) }
        let known = rooms.map { crowds.people(of: $0, at: Self.began) != nil }
        #expect(known == [false] + Array(repeating: true, count: Crowds.most))
    }
}
