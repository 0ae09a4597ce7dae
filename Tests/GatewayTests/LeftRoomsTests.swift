import Schema
import Testing

@testable import ChatGateway

@Suite("What a connection was given of rooms that it has left")
struct LeftRoomsTests {
    private let room: RoomID
    private let other: RoomID

    init() throws {
        room = try #require(RoomID("dm:alice_bob"))
        other = try #require(RoomID("dm:alice_carol"))
    }

    private func position(_ seq: Int64) -> LogPosition { LogPosition(epoch: "e", seq: seq) }

    /// Where one is given from who is told of 9, below which two messages of time 100 stand.
    private func first(_ left: LeftRooms, in room: RoomID) -> Int64 {
        var lookBack = left.lookBack(from: position(9), of: room)
        lookBack.add([(position(7), 100), (position(8), 100)])
        return lookBack.first.seq
    }

    @Test func whatWasGivenIsNoNewsThere() {
        var left = LeftRooms(since: 50)
        left.note(room, upTo: 5, at: 60)
        #expect((4...6).map { left.hasHad(position($0), of: room) } == [true, true, false])
        #expect(!left.hasHad(position(5), of: other))
    }

    @Test func whoLeavesAgainEarlierHasHadAsMuch() {
        var left = LeftRooms(since: 50)
        left.note(room, upTo: 7, at: 60)
        left.note(room, upTo: 5, at: 60)
        #expect(left.hasHad(position(7), of: room))
    }

    @Test func aRoomGoesOnAboveWhatWasGiven() {
        var left = LeftRooms(since: 50)
        left.note(room, upTo: 7, at: 60)
        #expect((first(left, in: room), first(left, in: other)) == (8, 7))
        #expect(left.place(before: position(6), of: room) == position(7))
        #expect(left.place(before: position(9), of: room) == position(8))
        #expect(left.place(before: position(6), of: other) == position(5))
    }

    @Test func beyondTheBoundNothingOlderIsLookedFor() throws {
        var left = LeftRooms(since: 50)
        for number in 0..<LeftRooms.most {
            left.note(try #require(RoomID("dm:a\(number)_bob")), upTo: 5, at: 60)
        }
        // One that is there already takes no more.
        left.note(try #require(RoomID("dm:a0_bob")), upTo: 6, at: 101)
        #expect(first(left, in: room) == 7)
        left.note(other, upTo: 5, at: 101)
        #expect(first(left, in: room) == 9)
        #expect(left.hasHad(position(5), of: other))
        #expect(!left.hasHad(position(5), of: try #require(RoomID("dm:a0_bob"))))
    }
}
