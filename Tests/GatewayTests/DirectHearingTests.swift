import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

struct DirectHearingTests {
    private func id(_ milliseconds: UInt64) -> StreamID { StreamID(milliseconds: milliseconds) }

    /// Whose stream is read next, and after which entry.
    private func next(_ hearing: inout DirectHearing) -> String? {
        hearing.next().map { "\($0.user) \($0.after)" }
    }

    /// Alice's hearing, whose channel is confirmed and whose stream is being read.
    private func whileReading() throws -> (DirectHearing, DirectHearing.Reading) {
        var hearing = DirectHearing()
        hearing.begin(.alice, after: id(10))
        hearing.confirmed(.alice)
        let next = hearing.next()
        return (hearing, try #require(next))
    }

    @Test func whatIsHeardInTimeIsActedUpon() throws {
        var (hearing, first) = try whileReading()
        #expect(first.after == id(10))
        let isHere = hearing.read(first, upTo: nil, isAll: true)
        let isNow = hearing.heard(.alice, id(20))
        #expect(isHere && isNow)
        let following = next(&hearing)
        #expect(following == nil)
        // The subscription was lost, and is back.
        hearing.confirmed(.alice)
        let later = next(&hearing)
        #expect(later == "alice 20-0")
    }

    @Test func whatIsHeardMeanwhileIsLeftToTheStream() throws {
        var (hearing, first) = try whileReading()
        let isNow = hearing.heard(.alice, id(20))
        #expect(!isNow)
        _ = hearing.read(first, upTo: id(15), isAll: true)
        let following = next(&hearing)
        #expect(following == "alice 15-0")
    }

    /// Redis' clock went back in a failover, or ours is ahead of it.
    @Test func whatNoReadingWouldFindIsActedUponAtOnce() throws {
        var (hearing, first) = try whileReading()
        let isNow = hearing.heard(.alice, id(9))
        #expect(isNow)
        _ = hearing.read(first, upTo: nil, isAll: true)
        let isNext = hearing.heard(.alice, id(8))
        #expect(isNext)
        hearing.confirmed(.alice)
        let following = next(&hearing)
        #expect(following == "alice 8-0")
    }

    /// The channel tells of it a little later than the stream.
    @Test func whatWasReadIsNotHeardOnceMore() throws {
        var (hearing, first) = try whileReading()
        _ = hearing.read(first, upTo: id(30), isAll: false)
        let isNew = hearing.heard(.alice, id(20))
        let second = hearing.next()
        _ = hearing.read(try #require(second), upTo: id(50), isAll: true)
        let areNew = [20, 30, 50, 60, 60].map { hearing.heard(.alice, id($0)) }
        #expect(!isNew && areNew == [false, false, false, true, true])
        // Of another subscription: Redis' clock went back.
        hearing.confirmed(.alice)
        let isHeard = hearing.heard(.alice, id(50))
        #expect(isHeard)
    }

    @Test func aLongStreamIsReadPageByPage() throws {
        var (hearing, first) = try whileReading()
        _ = hearing.read(first, upTo: id(30), isAll: false)
        let following = next(&hearing)
        #expect(following == "alice 30-0")
    }

    @Test func aConfirmationMeanwhileMakesItDueAgain() throws {
        var (hearing, first) = try whileReading()
        hearing.confirmed(.alice)
        let following = next(&hearing)
        #expect(following == nil)
        _ = hearing.read(first, upTo: nil, isAll: true)
        let later = next(&hearing)
        #expect(later == "alice 10-0")
    }

    @Test func whoFailsComesAfterTheOthers() throws {
        var (hearing, first) = try whileReading()
        hearing.begin(.bob, after: id(11))
        hearing.confirmed(.bob)
        hearing.failed(first)
        let following = next(&hearing)
        #expect(following == "bob 11-0")
        let later = next(&hearing)
        #expect(later == "alice 10-0")
        let last = next(&hearing)
        #expect(last == nil)
    }

    @Test func whoHasGoneIsNotReadFor() throws {
        var (hearing, first) = try whileReading()
        hearing.end(.alice)
        // Somebody who comes back is somebody else.
        hearing.begin(.alice, after: id(50))
        let isHere = hearing.read(first, upTo: id(60), isAll: false)
        #expect(!isHere)
        hearing.confirmed(.alice)
        hearing.end(.alice)
        let following = next(&hearing)
        #expect(following == nil)
        let isNow = hearing.heard(.alice, id(70))
        #expect(!isNow)
    }

    @Test func onlySoManyAreReadAtATime() {
        var hearing = DirectHearing()
        let users = (0..<100).map { handle("user-\($0)") }
        for user in users {
            hearing.begin(user, after: id(1))
            hearing.confirmed(user)
        }
        var readings: [DirectHearing.Reading] = []
        while let reading = hearing.next() { readings.append(reading) }
        #expect(readings.map(\.user) == Array(users.prefix(DirectHearing.mostUnderWay)))
        _ = hearing.read(readings[0], upTo: nil, isAll: true)
        let freed = hearing.next()?.user
        #expect(freed == users[DirectHearing.mostUnderWay])
        let following = next(&hearing)
        #expect(following == nil)
    }

    /// Nothing can be read for an hour, and people come and go.
    @Test func whoWaitsIsBoundedByWhoIsHere() {
        var hearing = DirectHearing()
        hearing.begin(.alice, after: id(1))
        hearing.confirmed(.alice)
        for time in 0..<10_000 as Range<UInt64> {
            hearing.begin(.bob, after: id(time))
            hearing.confirmed(.bob)
            hearing.end(.bob)
        }
        #expect(hearing.waitingCount <= 5)
        let following = next(&hearing)
        #expect(following == "alice 1-0")
        let later = next(&hearing)
        #expect(later == nil)
    }
}
