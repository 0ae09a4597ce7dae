import Schema
import Testing

@testable import ChatGateway

struct RoomFeedTests {
    typealias Feed = RoomFeed<Int>

    @Test func whatFollowsGoesOut() {
        var feed = Feed(mv: 1)
        #expect(say(feed.received(envelope(1))) == ["deliver 1"])
        #expect(say(feed.received(envelope(2))) == ["deliver 2"])
        #expect(say(feed.received(envelope(2))) == [])
        #expect(say(feed.received(envelope(1))) == [])
    }

    @Test func aHoleIsFilledBeforeWhatCameAfterIt() {
        var feed = Feed(mv: 1)
        _ = feed.received(envelope(1))
        #expect(say(feed.received(envelope(4))) == ["fill after 1"])
        #expect(say(feed.received(envelope(5))) == [])
        #expect(
            say(feed.filled([envelope(2), envelope(3), envelope(4)]))
                == ["deliver 2", "deliver 3", "deliver 4", "deliver 5"])
    }

    @Test func whatCannotBeFilledIsAGap() {
        var feed = Feed(mv: 1)
        _ = feed.received(envelope(1))
        _ = feed.received(envelope(5))
        #expect(say(feed.filled([envelope(4)])) == ["gap 2-3", "deliver 4", "deliver 5"])
    }

    @Test func aNewEpochIsAnnounced() {
        var feed = Feed(mv: 1)
        _ = feed.received(envelope(7))
        #expect(say(feed.received(envelope(1_001, epoch: "b"))) == ["fill after 7"])
        #expect(
            say(feed.filled([envelope(8), envelope(1_001, epoch: "b")]))
                == ["deliver 8", "epoch 1001 after 8", "deliver 1001"])
    }

    @Test func aNewerMemberListIsComparedFirst() {
        var feed = Feed(mv: 1)
        _ = feed.received(envelope(1))
        #expect(say(feed.received(envelope(2, mv: 3))) == ["check 3"])
        #expect(say(feed.received(envelope(3, mv: 3))) == [])
        #expect(say(feed.checked(mv: 3)) == ["deliver 2", "deliver 3"])
    }

    @Test func whatAuthTellsInTurnNeedsNoComparison() {
        var feed = Feed(mv: 1)
        _ = feed.received(envelope(1))
        feed.heard(mv: 2)
        #expect(say(feed.received(envelope(2, mv: 2))) == ["deliver 2"])
        // A change that skips one says nothing about the one that was missed.
        feed.heard(mv: 5)
        #expect(say(feed.received(envelope(3, mv: 5))) == ["check 5"])
    }

    @Test func afterASilenceTheLogIsReadOn() {
        var feed = Feed(mv: 1)
        #expect(say(feed.resync()) == [])
        _ = feed.received(envelope(1))
        #expect(say(feed.resync()) == ["fill after 1"])
        #expect(say(feed.received(envelope(3))) == [])
        #expect(say(feed.filled([envelope(2)])) == ["deliver 2", "deliver 3"])
    }

    @Test func aSilenceBeforeTheFirstEnvelopeIsReadToo() {
        var feed = Feed(mv: 1)
        feed.stood(at: LogPosition(epoch: "a", seq: 0))
        #expect(say(feed.resync()) == ["fill after 0"])
        #expect(
            say(feed.filled([envelope(1_001, epoch: "b")])) == ["epoch 1001 after 0", "deliver 1001"])
        feed.stood(at: LogPosition(epoch: "a", seq: 0))
        #expect(feed.last == LogPosition(epoch: "b", seq: 1_001))
    }

    @Test func aSilenceDuringAComparisonIsReadAfterIt() {
        var feed = Feed(mv: 1)
        _ = feed.received(envelope(1))
        _ = feed.received(envelope(2, mv: 2))
        #expect(say(feed.resync()) == [])
        #expect(say(feed.checked(mv: 2)) == ["deliver 2", "fill after 2"])
    }

    private func envelope(_ seq: Int64, epoch: String = "a", mv: Int64 = 1) -> Feed.Envelope {
        Feed.Envelope(position: LogPosition(epoch: epoch, seq: seq), mv: mv, payload: Int(seq))
    }

    private func say(_ actions: [Feed.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .deliver(let envelope): "deliver \(envelope.payload)"
            case .announceEpoch(let first, let last): "epoch \(first.seq) after \(last.seq)"
            case .announceGap(_, let seqs): "gap \(seqs.lowerBound)-\(seqs.upperBound)"
            case .fill(let seq): "fill after \(seq)"
            case .checkMembers(let mv): "check \(mv)"
            }
        }
    }
}
