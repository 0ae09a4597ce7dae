import Bus
import Schema
import Testing

@testable import ChatGateway

struct RoomFeedTests {
    typealias Feed = RoomFeed<Int>

    @Test func whatFollowsGoesOut() {
        var feed = standing(at: 0)
        #expect(say(feed.received(envelope(1))) == ["deliver 1"])
        #expect(say(feed.received(envelope(2))) == ["deliver 2"])
        #expect(say(feed.received(envelope(2))) == [])
        #expect(say(feed.received(envelope(1))) == [])
    }

    @Test func whatCameBeforeAnybodySaidWhereTheLogStandsWaits() {
        var feed = Feed(mv: 1)
        #expect(say(feed.received(envelope(4))) == [])
        #expect(say(feed.received(envelope(5))) == [])
        #expect(say(feed.stood(at: at(4))) == ["deliver 5"])
    }

    @Test func aHoleIsFilledBeforeWhatCameAfterIt() {
        var feed = standing(at: 1)
        #expect(say(feed.received(envelope(4))) == ["read after 1 until 4"])
        #expect(say(feed.received(envelope(5))) == [])
        #expect(
            say(feed.read(page([2, 3, 4]), until: 4))
                == ["deliver 2", "deliver 3", "deliver 4", "deliver 5"])
    }

    @Test func aHoleIsFilledPageByPage() {
        var feed = standing(at: 1)
        _ = feed.received(envelope(4))
        #expect(say(feed.read(page([2], isLast: false), until: 4)) == ["deliver 2", "read after 2 until 4"])
        #expect(say(feed.read(page([3, 4]), until: 4)) == ["deliver 3", "deliver 4"])
    }

    @Test func whatCannotBeFilledIsPassedOver() {
        var feed = standing(at: 1)
        _ = feed.received(envelope(5))
        #expect(say(feed.read(page([4]), until: 5)) == ["deliver 4", "deliver 5"])
    }

    @Test func aHoleBehindThePageIsReadAgainBeforeItIsGivenUp() {
        var feed = standing(at: 1)
        _ = feed.received(envelope(3))
        _ = feed.received(envelope(6))
        #expect(
            say(feed.read(page([2, 3]), until: 3)) == ["deliver 2", "deliver 3", "read after 3 until 6"])
        #expect(say(feed.read(page([]), until: 6)) == ["deliver 6"])
    }

    @Test func aNewEpochIsReadFromTheLog() {
        var feed = standing(at: 7)
        #expect(say(feed.received(envelope(1_001, epoch: "b"))) == ["read after 7 until 1001"])
        let read = LogPage(
            envelopes: [envelope(8), envelope(1_001, epoch: "b")], isLast: true, ground: LogGround())
        #expect(say(feed.read(read, until: 1_001)) == ["deliver 8", "deliver 1001"])
    }

    @Test func aLogThatEndsFurtherThanCanBeHadIsGoneThroughToItsEnd() {
        var feed = standing(at: 7)
        #expect(say(feed.resync()) == ["read after 7 until 7"])
        var read = page([])
        read.ground.extent = LogExtent(newest: at(1_000, "b"), first: 1_001)
        #expect(say(feed.read(read, until: 7)) == ["advance to 1000"])
        #expect(say(feed.received(envelope(1_001, epoch: "b"))) == ["deliver 1001"])
    }

    @Test func aNewerMemberListIsComparedFirst() {
        var feed = standing(at: 1)
        #expect(say(feed.received(envelope(2, mv: 3))) == ["check 3"])
        #expect(say(feed.received(envelope(3, mv: 3))) == [])
        #expect(say(feed.checked(mv: 3)) == ["deliver 2", "deliver 3"])
    }

    @Test func aNewerMemberListIsComparedWithinAPage() {
        var feed = standing(at: 1)
        _ = feed.received(envelope(4, mv: 3))
        let read = LogPage(
            envelopes: [envelope(2), envelope(3, mv: 3), envelope(4, mv: 3)], isLast: true,
            ground: LogGround())
        #expect(say(feed.read(read, until: 4)) == ["deliver 2", "check 3"])
        #expect(say(feed.checked(mv: 3)) == ["deliver 3", "deliver 4"])
    }

    @Test func whatAuthTellsInTurnNeedsNoComparison() {
        var feed = standing(at: 1)
        feed.heard(mv: 2)
        #expect(say(feed.received(envelope(2, mv: 2))) == ["deliver 2"])
        // A change that skips one says nothing about the one that was missed.
        feed.heard(mv: 5)
        #expect(say(feed.received(envelope(3, mv: 5))) == ["check 5"])
    }

    @Test func afterASilenceTheLogIsReadOn() {
        var feed = standing(at: 1)
        #expect(say(feed.resync()) == ["read after 1 until 1"])
        #expect(say(feed.received(envelope(3))) == [])
        #expect(say(feed.read(page([2]), until: 1)) == ["deliver 2", "deliver 3"])
    }

    @Test func aSilenceDuringAReadingOrAComparisonIsReadAfterIt() {
        var feed = standing(at: 1)
        _ = feed.received(envelope(2, mv: 2))
        #expect(say(feed.resync()) == [])
        #expect(say(feed.checked(mv: 2)) == ["deliver 2", "read after 2 until 2"])
        #expect(say(feed.resync()) == [])
        #expect(say(feed.read(page([]), until: 2)) == ["read after 2 until 2"])
    }

    @Test func whatWaitsIsBounded() {
        var feed = standing(at: 1)
        _ = feed.resync()
        let limit = Feed.waitingBytesLimit / 100_000
        for seq in 2...Int64(limit + 3) {
            #expect(say(feed.received(envelope(seq, size: 100_000))) == [])
        }
        let after = say(feed.read(page([]), until: 1))
        #expect(after.count == limit + 1)
        // What was dropped is read from the log.
        #expect(after.last == "read after \(limit + 1) until \(limit + 3)")
    }

    private func standing(at seq: Int64) -> Feed {
        var feed = Feed(mv: 1)
        _ = feed.stood(at: at(seq))
        _ = feed.received(envelope(seq))
        return feed
    }

    private func page(_ seqs: [Int64], isLast: Bool = true) -> LogPage<Int> {
        LogPage(envelopes: seqs.map { envelope($0) }[...], isLast: isLast, ground: LogGround())
    }

    private func at(_ seq: Int64, _ epoch: String = "a") -> LogPosition {
        LogPosition(epoch: epoch, seq: seq)
    }

    private func envelope(
        _ seq: Int64, epoch: String = "a", mv: Int64 = 1, size: Int = 1
    ) -> Feed.Envelope {
        Feed.Envelope(position: at(seq, epoch), mv: mv, size: size, payload: Int(seq))
    }

    private func say(_ actions: [Feed.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .deliver(let envelope, _): "deliver \(envelope.payload)"
            case .advance(let end, _): "advance to \(end.seq)"
            case .read(let place, let seq): "read after \(place.seq) until \(seq)"
            case .checkMembers(let mv): "check \(mv)"
            }
        }
    }
}
