import Engine
import Schema
import Testing
import Web

@testable import ChatGateway

@Suite("What a slow reader is given up, and what is not")
struct ConflationTests {
    private func frame(_ text: String) -> MessageFrame { MessageFrame(text: Array(text.utf8)) }

    private func topic(_ type: EventType, _ room: String = "general", _ user: String = "alice") throws
        -> Conflation.Topic?
    {
        let (room, user) = (try #require(RoomID(room)), try #require(UserHandle(user)))
        let bytes = ServerFrame.bytes(type, room: room, user: user)
        return Conflation.Topic(try #require(EnvelopeHead(reading: bytes)))
    }

    private func texts(_ conflation: inout Conflation) -> [String] {
        conflation.takeAll().map {
            $0.plain.withUnsafeBytes { String(decoding: $0.dropFirst(2), as: UTF8.self) }
        }
    }

    @Test("Of each topic the newest word is left, in the order of the first")
    func newest() throws {
        var conflation = Conflation()
        let words: [(EventType, String, String, String)] = [
            (.userTyping, "general", "alice", "1"), (.userTyping, "general", "bob", "2"),
            (.userTyping, "other", "alice", "3"), (.userJoined, "general", "alice", "4"),
            (.userStoppedTyping, "general", "alice", "5"), (.userLeft, "general", "alice", "6"),
        ]
        var lost = 0
        for (type, room, user, text) in words {
            lost += conflation.keep(frame(text), on: try #require(try topic(type, room, user)))
        }
        let left = texts(&conflation)
        #expect(left == ["5", "2", "3", "6"])
        #expect(lost == 2)
        #expect(conflation.isEmpty)
        #expect(texts(&conflation).isEmpty)
    }

    @Test("Beyond its bound it forgets the oldest")
    func bounded() throws {
        var conflation = Conflation(limit: 2)
        for user in ["ann", "ben", "cid"] {
            _ = conflation.keep(frame(user), on: try #require(try topic(.userTyping, "general", user)))
        }
        let left = texts(&conflation)
        #expect(left == ["ben", "cid"])
    }

    @Test(
        "What stands for itself has no topic",
        arguments: [EventType.left, .gap, .messageSent, .serviceDegraded])
    func others(type: EventType) throws {
        #expect(try topic(type) == nil)
    }
}

@Suite struct MemoryBoundTests {
    @Test("It opens again at four fifths of where it closes, and tells of each once")
    func hysteresis() {
        var bound = MemoryBound(bytes: 1_000)
        var told: [Int] = []
        for held in [0, 999, 1_000, 2_000, 999, 800, 799, 999, 1_001, 0] where bound.changed(by: held) {
            told.append(held)
        }
        #expect(told == [1_000, 799, 1_001, 0])
        #expect(!bound.isOver)
    }
}

@Suite struct UninvitedRoomsTests {
    @Test("The one in which nothing was said for longest gives way")
    func bounded() throws {
        let rooms = try ["a", "b", "c", "d"].map { try #require(RoomID($0)) }
        var followed = UninvitedRooms(limit: 3)
        var gone: [RoomID?] = []
        for index in [0, 1, 2, 0, 3] { gone.append(followed.insert(rooms[index])) }
        #expect(gone == [nil, nil, nil, nil, rooms[1]])
        #expect(Array(followed) == [rooms[2], rooms[0], rooms[3]])
        #expect(!followed.contains(rooms[1]))
        #expect((followed.remove(rooms[0]), followed.remove(rooms[0])) == (true, false))
    }

    @Test("Of what came during a join the first is kept, and given back once")
    func postponed() throws {
        let (room, other) = (try #require(RoomID("a")), try #require(RoomID("b")))
        var followed = UninvitedRooms()
        for seq in [Int64](arrayLiteral: 7, 6, 8) {
            followed.postpone(room, from: LogPosition(epoch: "e", seq: seq))
        }
        followed.postpone(other, from: LogPosition(epoch: "f", seq: 9))
        let given = [room, room, other].map { followed.takePostponed($0)?.seq }
        #expect(given == [6, nil, 9])
        #expect(!followed.contains(room))
    }

    @Test("What came on the way into a room is forgotten with it, not when more is said there")
    func forgotten() throws {
        let (room, other) = (try #require(RoomID("a")), try #require(RoomID("b")))
        var followed = UninvitedRooms(limit: 1)
        var kept: [Int64?] = []
        _ = followed.insert(room)
        followed.postpone(room, from: LogPosition(epoch: "e", seq: 7))
        _ = followed.insert(room)
        kept.append(followed.takePostponed(room)?.seq)
        followed.postpone(room, from: LogPosition(epoch: "e", seq: 8))
        followed.remove(room)
        kept.append(followed.takePostponed(room)?.seq)
        _ = followed.insert(room)
        followed.postpone(room, from: LogPosition(epoch: "e", seq: 9))
        _ = followed.insert(other)
        kept.append(followed.takePostponed(room)?.seq)
        #expect(kept == [7, nil, nil])
    }
}
