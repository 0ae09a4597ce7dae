import Schema
import Testing

@testable import ChatGateway

struct PageRoomTests {
    private static let page = Limits.historyPageBytes

    @Test func aPageCountsForTheMostThatItMayBeUntilItHasCome() {
        let room = PageRoom(bytes: 3 * Self.page)
        var entered = (0..<4).map { _ in room.enter(beside: 0) }
        #expect(entered == [true, true, true, false])
        room.leave()
        entered = (0..<2).map { _ in room.enter(beside: 0) }
        #expect(entered == [true, false])
    }

    @Test func whatWaitsLeavesLessRoom() {
        let room = PageRoom(bytes: 3 * Self.page)
        let entered = [2 * Self.page + 1, 2 * Self.page, Self.page, Self.page].map { room.enter(beside: $0) }
        #expect(entered == [false, true, true, false])
    }
}
