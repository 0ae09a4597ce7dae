import Bus
import Schema
import Testing

@testable import ChatGateway

struct LogStretchTests {
    @Test func whatFollowsAndIsAllThatTheLogHasIsTheLastPage() {
        #expect(say(stretch([5, 6], until: 6, extent(newest: "a:6", first: 1)).page) == "5 6 last")
        #expect(say(stretch([5, 6], until: 6, isAll: false, extent(newest: "a:6", first: 1)).page) == "5 6")
        #expect(say(stretch([], until: 4, extent(newest: "a:4", first: 1)).page) == "last")
    }

    @Test func theArchiveIsAskedForWhatDoesNotFollow() {
        #expect(stretch([6], until: 6, extent(newest: "a:6", first: 1)).page == nil)
        #expect(stretch([], until: 5, extent(newest: "a:4", first: 1)).page == nil)
        #expect(stretch([], until: 4, extent(newest: "b:9", first: 10)).page == nil)
    }

    @Test func whatTheLogHadBeyondMakesAnotherPage() {
        #expect(say(stretch([5, 6], until: 7, extent(newest: "a:6", first: 1)).page) == "5 6")
        #expect(say(stretch([5, 6], until: 6, extent(newest: "b:9", first: 10)).page) == "5 6")
    }

    @Test func anEpochOpenedSinceIsLeftToTheNextLook() {
        let old = extent(newest: "a:6", first: 1)
        #expect(say(stretch([5, 6], later: [12], until: 6, old).unsought) == "5 6")
        let new = extent(newest: "b:12", first: 10)
        #expect(say(stretch([5, 6], later: [12], until: 6, new).unsought) == "5 6 12 last")
    }

    private func stretch(
        _ seqs: [Int64], later: [Int64] = [], until: Int64, isAll: Bool = true, _ extent: LogExtent?
    ) -> LogStretch<Int> {
        let recent = seqs.map { envelope("a", $0) } + later.map { envelope("b", $0) }
        return LogStretch(
            after: LogPosition(epoch: "a", seq: 4), until: until, recent: recent, isAll: isAll, extent: extent
        )
    }

    private func envelope(_ epoch: String, _ seq: Int64) -> LogEnvelope<Int> {
        LogEnvelope(position: LogPosition(epoch: epoch, seq: seq), mv: 1, size: 1, payload: Int(seq))
    }

    private func extent(newest: String, first: Int64) -> LogExtent? {
        LogPosition(parsing: newest).map { LogExtent(newest: $0, first: first) }
    }

    private func say(_ page: LogPage<Int>?) -> String {
        guard let page else { return "none" }
        return (page.envelopes.map { "\($0.payload)" } + (page.isLast ? ["last"] : [])).joined(separator: " ")
    }
}
