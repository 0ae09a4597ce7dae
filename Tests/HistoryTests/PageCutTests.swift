import Bus
import Schema
import Support
import Testing

@testable import ChatHistory

private func logged(_ seqs: some Sequence<Int64>, epoch: String = "e1", type: EventType = .newMessage)
    -> [LoggedEnvelope]
{
    seqs.map { seq in
        let text = #"{"v":1,"epoch":"\#(epoch)","seq":\#(seq),"mv":1,"type":"\#(type.rawValue)","data":{}}"#
        return LoggedEnvelope(seq: seq, bytes: Array(text.utf8))
    }
}

private func request(before: Int64? = nil, after: Int64? = nil, limit: Int64 = 3, types: String? = nil)
    -> PageRequest
{
    guard
        let request = try? PageRequest(
            room: .general, before: before, after: after, limit: limit, types: types)
    else { preconditionFailure("not a request") }
    return request
}

@Suite struct PageCutTests {
    @Test func whatIsRecentNeedsNoArchive() {
        let cut = PageCut(request(), recent: logged(7...10))
        #expect(cut.missing == nil)
        let page = cut.page(maxBytes: .max, hasOpposite: false)
        #expect(page.seqs == [8, 9, 10])
        #expect(page.nextBefore == 8)
        #expect(page.nextAfter == nil)
        #expect(!page.isComplete)
    }

    @Test func theFirstMessageEndsTheSearch() {
        let cut = PageCut(request(), recent: logged(1...2))
        #expect(cut.missing == nil)
        let page = cut.page(maxBytes: .max, hasOpposite: false)
        #expect(page.seqs == [1, 2])
        #expect(page.isComplete)
        #expect(page.nextBefore == nil)
    }

    @Test func theRestIsAskedOfTheArchive() {
        var cut = PageCut(request(before: 11), recent: logged(9...10))
        #expect(cut.missing == .init(above: nil, below: 9, isNewestFirst: true, count: 2))
        cut.fill(logged(7...8))
        let page = cut.page(maxBytes: .max, hasOpposite: true)
        #expect(page.seqs == [8, 9, 10])
        #expect(page.nextBefore == 8)
        #expect(page.nextAfter == 10)
    }

    /// Redis was set back: it has 1 to 4 of the first epoch, of which the archive has 1 to 6, and all of the second.
    private static let setBack = logged(1...4) + logged(1_001...1_002, epoch: "e2")

    @Test func ofAnEarlierEpochTheArchiveMayHaveMore() {
        var cut = PageCut(request(limit: 9), recent: Self.setBack, first: 1_001)
        #expect(cut.missing == .init(above: nil, below: 1_001, isNewestFirst: true, count: 8))
        cut.fill(logged(1...6))
        let page = cut.page(maxBytes: .max, hasOpposite: false)
        #expect(page.seqs == [1, 2, 3, 4, 5, 6, 1_001, 1_002])
        #expect(page.isComplete)
    }

    @Test func whatTheArchiveLacksOfAnEarlierEpochComesFromRedis() {
        var cut = PageCut(request(limit: 9), recent: Self.setBack, first: 1_001)
        cut.fill(logged(1...2))
        #expect(cut.page(maxBytes: .max, hasOpposite: false).seqs == [1, 2, 3, 4, 1_001, 1_002])
    }

    @Test func whereTheArchiveIsAskedForFewerNothingIsLeftOut() {
        var cut = PageCut(request(limit: 4), recent: Self.setBack, first: 1_001)
        #expect(cut.missing?.count == 3)
        cut.fill(logged(4...6))
        let page = cut.page(maxBytes: .max, hasOpposite: false)
        #expect(page.seqs == [5, 6, 1_001, 1_002])
        #expect(page.nextBefore == 5)
        var farther = PageCut(request(limit: 3), recent: Self.setBack, first: 1_001)
        farther.fill(logged(5...6))
        #expect(farther.page(maxBytes: .max, hasOpposite: false).seqs == [6, 1_001, 1_002])
    }

    @Test func onwardThroughTheEndOfAnEpoch() {
        var cut = PageCut(
            request(after: 2, limit: 5), recent: logged(3...4) + logged(1_001...1_004, epoch: "e2"),
            first: 1_001)
        #expect(cut.missing == .init(above: 2, below: 1_001, isNewestFirst: false, count: 6))
        cut.fill(logged(3...6))
        let page = cut.page(maxBytes: .max, hasOpposite: true)
        #expect(page.seqs == [3, 4, 5, 6, 1_001])
        #expect(page.nextAfter == 1_001)
        var short = PageCut(request(after: 2, limit: 2), recent: logged(3...4), first: 1_001)
        #expect(short.missing == .init(above: 2, below: nil, isNewestFirst: false, count: 3))
        short.fill(logged(3...5))
        #expect(short.page(maxBytes: .max, hasOpposite: true).seqs == [3, 4])
    }

    @Test func aRoomThatRedisHasForgottenIsAllInTheArchive() {
        var cut = PageCut(request(limit: 3), recent: [], first: .max)
        #expect(cut.missing == .init(above: nil, below: nil, isNewestFirst: true, count: 4))
        cut.fill(logged(1...3))
        #expect(cut.page(maxBytes: .max, hasOpposite: false).isComplete)
    }

    @Test func onwardTheArchiveComesBeforeWhatIsRecent() {
        var cut = PageCut(request(after: 4), recent: logged(7...10))
        #expect(cut.missing == .init(above: 4, below: 7, isNewestFirst: false, count: 4))
        cut.fill(logged(5...6))
        let page = cut.page(maxBytes: .max, hasOpposite: true)
        #expect(page.seqs == [5, 6, 7])
        #expect(page.nextBefore == 5)
        #expect(page.nextAfter == 7)
        #expect(!page.isComplete)
    }

    @Test func onwardFromWhereRecentBegins() {
        let cut = PageCut(request(after: 7), recent: logged(8...10))
        #expect(cut.missing == nil)
        let page = cut.page(maxBytes: .max, hasOpposite: true)
        #expect(page.seqs == [8, 9, 10])
        #expect(page.isComplete)
        #expect(page.nextAfter == nil)
    }

    @Test func aNewEpochMayFollowAfterMoreInTheArchive() {
        let cut = PageCut(request(after: 7), recent: logged(1_000...1_003, epoch: "e2"))
        #expect(cut.missing == .init(above: 7, below: 1_000, isNewestFirst: false, count: 4))
    }

    @Test(
        arguments: [
            ([1, 2, 3], "e1", true), ([1, 3], "e1", false), ([3, 3], "e1", false), ([], "e1", true),
        ] as [([Int64], String, Bool)])
    func aHoleWithinAnEpochShows(seqs: [Int64], epoch: String, isUnbroken: Bool) {
        #expect(PageCut(request(), recent: logged(seqs)).isUnbroken == isUnbroken)
    }

    @Test func betweenEpochsItJumps() {
        var cut = PageCut(request(), recent: logged(500...500, epoch: "e2"))
        cut.fill(logged(4...5))
        #expect(cut.isUnbroken)
    }

    @Test func withoutTheArchiveAWholePageIsGiven() {
        var cut = PageCut(request(), recent: logged(8...10))
        #expect(cut.missing != nil)
        let isWhole = cut.goWithoutArchive()
        #expect(isWhole)
        let page = cut.page(maxBytes: .max, hasOpposite: false)
        #expect(page.seqs == [8, 9, 10])
        #expect(page.nextBefore == 8)
        #expect(!page.isComplete)
    }

    @Test(arguments: [request(limit: 4), request(after: 2)])
    func withoutTheArchiveHalfAPageIsNone(request: PageRequest) {
        var cut = PageCut(request, recent: logged(8...10))
        let isWhole = cut.goWithoutArchive()
        #expect(!isWhole)
    }

    @Test func onlyMessagesAreShownUnlessAllKindsAre() {
        let envelopes = logged(1...1) + logged(2...2, type: .messageEdited) + logged(3...3)
        let some = PageCut(request(), recent: envelopes).page(maxBytes: .max, hasOpposite: false)
        #expect(some.seqs == [1, 3])
        let all = PageCut(request(types: "all"), recent: envelopes).page(maxBytes: .max, hasOpposite: false)
        #expect(all.seqs == [1, 2, 3])
    }

    @Test func bytesEndAPage() {
        let envelopes = logged(11...14)
        let two = envelopes[0].bytes.count * 2 + 2
        let back = PageCut(request(), recent: envelopes).page(maxBytes: two, hasOpposite: false)
        #expect(back.seqs == [13, 14])
        #expect(back.nextBefore == 13)
        #expect(!back.isComplete)
        let on = PageCut(request(after: 10), recent: envelopes).page(maxBytes: two, hasOpposite: true)
        #expect(on.seqs == [11, 12])
        #expect(on.nextAfter == 12)
        let one = PageCut(request(), recent: envelopes).page(maxBytes: 1, hasOpposite: false)
        #expect(one.seqs == [14])
    }

    @Test(arguments: [(Int64.max, Int64.max), (5, 6)]) func anEmptyPagePointsBack(after: Int64, before: Int64)
    {
        let page = PageCut(request(after: after), recent: []).page(maxBytes: .max, hasOpposite: true)
        #expect(page == HistoryPage(messages: [], nextBefore: before, nextAfter: nil, isComplete: true))
    }
}

@Suite struct PageRequestTests {
    @Test func theDefaultIsTheNewestPage() throws {
        let request = try PageRequest(room: .general)
        #expect(request.place == .before(nil))
        #expect(request.limit == 50)
        #expect(!request.hasAllKinds)
    }

    @Test(
        arguments: [
            (["room": 1], "room"), (["room": "general", "limit": 0], "limit"),
            (["room": "general", "limit": "5"], "limit"), (["room": "general", "before": -1], "before"),
            (["room": "general", "before": 1, "after": 1], "after"),
            (["room": "general", "types": "x"], "types"),
        ] as [(JSONValue, String)])
    func aFieldAtFaultIsNamed(data: JSONValue, field: String) {
        #expect(throws: SchemaError.invalidField(field)) { try PageRequest(data) }
    }

    @Test func nullIsAbsent() throws {
        let request = try PageRequest(["room": "general", "before": nil, "after": 7, "types": "all"])
        #expect(request.place == .after(7))
        #expect(request.hasAllKinds)
    }
}

@Suite struct MonthTests {
    @Test(
        arguments: [
            (0, "1970_01"), (951_782_400_000, "2000_02"), (1_709_164_800_000, "2024_02"),
            (1_735_689_599_999, "2024_12"), (1_735_689_600_000, "2025_01"), (1_763_701_234_567, "2025_11"),
            (253_402_300_799_999, "9999_12"),
        ] as [(Int64, String)])
    func theMonthOfAMoment(milliseconds: Int64, suffix: String) {
        #expect(Month(containing: milliseconds)?.suffix == suffix)
    }

    @Test(arguments: [Int64.min, -1, 253_402_300_800_000, .max]) func noMonth(milliseconds: Int64) {
        #expect(Month(containing: milliseconds) == nil)
    }

    @Test func monthsAheadGoOverTheYear() {
        let months = Month(containing: 1_763_701_234_567)?.and(ahead: 2)
        #expect(
            months?.map(\.start) == [
                "2025-11-01 00:00:00+00", "2025-12-01 00:00:00+00", "2026-01-01 00:00:00+00",
            ])
    }
}
