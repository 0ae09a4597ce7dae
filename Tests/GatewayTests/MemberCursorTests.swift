import Bus
import Schema
import Testing

@testable import ChatGateway

struct MemberCursorTests {
    typealias Cursor = MemberCursor<Int>

    @Test func oneWhoIsLiveIsGivenWhatFollowsOnce() {
        var cursor = Cursor(at: at(4), mv: 1, ticket: 1, page: .unread)
        #expect(cursor.takenLive(at(4)) == nil)
        #expect(cursor.takenLive(at(5)) == [])
        #expect(cursor.takenLive(at(5)) == nil)
        #expect(cursor.takenLive(at(8)) == [.gap(epoch: "a", seqs: 6...7)])
        #expect(cursor.takenLive(at(9)) == [])
    }

    @Test func pagesAreGivenUntilTheFeedIsMet() {
        var cursor = Cursor(at: at(4), mv: 1, ticket: 1, page: .unread)
        #expect(say(cursor.next(verified: 1, feed: at(6))) == "read after 4")
        cursor.read(page([5, 6]), until: 6)
        #expect(say(cursor.next(verified: 1, feed: at(7))) == "give 5")
        #expect(say(cursor.next(verified: 1, feed: at(7))) == "give 6")
        #expect(say(cursor.next(verified: 1, feed: at(7))) == "read after 6")
        cursor.read(page([7]), until: 7)
        #expect(say(cursor.next(verified: 1, feed: at(7))) == "give 7")
        #expect(say(cursor.next(verified: 1, feed: at(7))) == "live")
    }

    @Test func thereIsNothingAfterTheLastOfAllNumbers() {
        var cursor = Cursor(at: at(.max), mv: 1, ticket: 1, page: .unread)
        #expect(cursor.takenLive(at(.max)) == nil)
        #expect(cursor.takenLive(at(1)) == nil)
    }

    @Test func aBreakOnAPageIsTold() {
        var cursor = Cursor(at: at(4), mv: 1, ticket: 1, page: page([7]))
        #expect(say(cursor.next(verified: 1, feed: at(7))) == "1 notice, give 7")
    }

    @Test func theEndOfTheLogIsReachedWhateverIsMissing() {
        var last = page([5])
        last.ground.extent = LogExtent(newest: at(8), first: 1)
        var cursor = Cursor(at: at(4), mv: 1, ticket: 1, page: last)
        #expect(say(cursor.next(verified: 1, feed: at(8))) == "give 5")
        #expect(say(cursor.next(verified: 1, feed: at(8))) == "1 notice")
        #expect(say(cursor.next(verified: 1, feed: at(8))) == "live")
    }

    @Test func whatTheFeedHasHadAndTheLogHasLostIsAGap() {
        var cursor = Cursor(at: at(4), mv: 1, ticket: 1, page: .unread)
        #expect(say(cursor.next(verified: 1, feed: at(6))) == "read after 4")
        cursor.read(page([]), until: 6)
        #expect(say(cursor.next(verified: 1, feed: at(6))) == "1 notice")
        #expect(say(cursor.next(verified: 1, feed: at(6))) == "live")
        #expect(cursor.takenLive(at(7)) == [])
    }

    @Test func aLeadIsWhatEndsAtTheNewestWithoutAGap() {
        let extent = LogExtent(newest: at(9), first: 1)
        #expect(LogPage(lead: Array(page([4, 6, 8, 9]).envelopes), upTo: extent) == lead([8, 9], extent))
        #expect(LogPage(lead: Array(page([7, 8]).envelopes), upTo: extent) == lead([], extent))
    }

    private func lead(_ seqs: [Int64], _ extent: LogExtent) -> LogPage<Int> {
        LogPage(envelopes: page(seqs).envelopes, isLast: true, ground: LogGround(extent: extent))
    }

    @Test func whatStandsForItselfEndsAtTheNewest() {
        var lead = page([7, 8])
        lead.ground.extent = LogExtent(newest: at(8), first: 1)
        var cursor = Cursor(at: nil, mv: 1, ticket: 1, page: lead)
        #expect(say(cursor.next(verified: 1, feed: at(8))) == "give 7")
        #expect(say(cursor.next(verified: 1, feed: at(8))) == "give 8")
        #expect(say(cursor.next(verified: 1, feed: at(8))) == "live")
        #expect(cursor.takenLive(at(9)) == [])
    }

    @Test func nothingIsGivenInAVersionOfTheListThatNobodyHasCompared() {
        var cursor = Cursor(at: at(4), mv: 2, ticket: 1, page: page([5], mv: 3))
        #expect(say(cursor.next(verified: 2, feed: at(5))) == "check 3")
        #expect(say(cursor.next(verified: 3, feed: at(5))) == "give 5")
    }

    @Test func nothingIsKeptOfAPageThatWasGiven() {
        final class Content {}
        weak var given: Content?
        var cursor: MemberCursor<Content>
        do {
            let content = Content()
            given = content
            let envelope = LogEnvelope(position: at(5), mv: 1, size: 1, payload: content)
            cursor = MemberCursor(
                at: at(4), mv: 1, ticket: 1, page: LogPage(envelopes: [envelope], isLast: true))
        }
        _ = cursor.next(verified: 1, feed: at(5))
        guard case .live = cursor.next(verified: 1, feed: at(5)) else {
            Issue.record("not live yet")
            return
        }
        #expect(given == nil)
        cursor.becomeLive()
        #expect(cursor.phase == .live)
    }

    private func at(_ seq: Int64) -> LogPosition { LogPosition(epoch: "a", seq: seq) }

    private func page(_ seqs: [Int64], mv: Int64 = 1) -> LogPage<Int> {
        let envelopes = seqs.map { LogEnvelope(position: at($0), mv: mv, size: 1, payload: Int($0)) }
        return LogPage(envelopes: envelopes[...], isLast: true)
    }

    private func say(_ step: Cursor.Step) -> String {
        switch step {
        case .give([], let envelope): "give \(envelope.payload)"
        case .give(let notices, let envelope): "\(notices.count) notice, give \(envelope.payload)"
        case .notify(let notices): "\(notices.count) notice"
        case .check(let mv): "check \(mv)"
        case .read(let place): "read after \(place.seq)"
        case .live: "live"
        }
    }
}

extension MemberCursor {
    /// What is told before a live envelope that is given; nil where it is not.
    fileprivate mutating func takenLive(_ position: LogPosition) -> [LogNotice]? {
        takes(position, through: position) ? [] : passes(to: position, over: LogGround())
    }
}
