import Engine
import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

private let now: Int64 = 1_763_701_234_567

/// An envelope of the log as `room_accept` writes it.
private func envelope(_ seq: Int64, epoch: String = "e1", room: RoomID = .general, id: Int = 0) -> [UInt8] {
    let id = MessageID(milliseconds: now, random: UInt64(seq), UInt64(id))
    let tail = EnvelopeTail.bytes(NewMessage(content: "hello"), room: room, id: id, user: .alice)
    return EnvelopeTail.complete(tail, at: LogPosition(epoch: epoch, seq: seq), mv: 1)
}

private func record(_ seq: Int64, epoch: String = "e1", room: RoomID = .general, id: Int = 0) -> LogRecord {
    let bytes = envelope(seq, epoch: epoch, room: room, id: id)
    let entry = LogEntry(id: LogEntry.ID(room: room, seq: seq), envelope: bytes)
    guard let record = try? LogRecord(entry, now: now) else {
        preconditionFailure("not a record")
    }
    return record
}

private func archived(_ records: LogRecord...) -> [Place: Archived] {
    records.reduce(into: [:]) { $0[$1.place] = Archived(id: $1.id, tombstone: $1.deadLetter?.reason) }
}

@Suite struct IngestBatchTests {
    private let head: [RoomID: LogPosition] = [.general: LogPosition(epoch: "e1", seq: 5)]

    @Test func whatFollowsItsHeadIsStored() {
        let batch = IngestBatch([record(6), record(7), record(8)], heads: head)
        #expect(batch.rows.map(\.place.position.seq) == [6, 7, 8])
        #expect(batch.doubtful.isEmpty)
        #expect(batch.holes == 0)
        #expect(batch.heads == [.general: LogPosition(epoch: "e1", seq: 8)])
    }

    @Test func aRoomWithoutAHeadBeginsAnywhere() {
        let batch = IngestBatch([record(77)], heads: [:])
        #expect(batch.rows.count == 1)
        #expect(batch.holes == 0)
    }

    @Test func aNewEpochBeginsWithAJump() {
        let batch = IngestBatch([record(1_000, epoch: "e2"), record(1_001, epoch: "e2")], heads: head)
        #expect(batch.rows.count == 2)
        #expect(batch.holes == 0)
    }

    @Test func aSeqLeftOutIsCountedAndNothingIsHeldUp() {
        let batch = IngestBatch([record(7), record(9)], heads: head)
        #expect(batch.rows.count == 2)
        #expect(batch.holes == 2)
    }

    @Test func theSameMessageAgainIsAReplay() {
        var batch = IngestBatch([record(4), record(5), record(6)], heads: head)
        #expect(batch.doubtful.map(\.place.position.seq) == [4, 5])
        batch.settle(archived: archived(record(4), record(5)))
        #expect(batch.replays.count == 2)
        #expect(batch.rows.count == 1)
    }

    @Test func anotherMessageAtThePlaceIsAConflict() {
        var batch = IngestBatch([record(5, id: 1)], heads: head)
        batch.settle(archived: archived(record(5)))
        #expect(batch.dead.map(\.entry.seq) == [5])
        #expect(batch.dead.map(\.reason) == [.conflict])
        #expect(batch.rows.isEmpty)
    }

    @Test func aTombstoneIsARowAndADeadLetter() {
        let tombstone = record(6).tombstone(detail: "23514", keepsID: true)
        let batch = IngestBatch([tombstone, record(7)], heads: head)
        #expect(batch.rows == [tombstone, record(7)])
        #expect(batch.holes == 0)
        #expect(batch.dead == [record(6).dead(.refused, detail: "23514")])
    }

    /// Between its commit and its acknowledgement a process may die: who reads the entry again must not take the
    /// tombstone for the message.
    @Test(arguments: [true, false]) func whatBecameATombstoneIsDeadAgain(keepsID: Bool) {
        let tombstone = record(5).tombstone(detail: "", keepsID: keepsID)
        var batch = IngestBatch([record(5)], heads: head)
        batch.settle(archived: archived(tombstone))
        #expect(batch.rows.isEmpty)
        #expect(batch.dead == [record(5).dead(.refused)])
    }

    @Test func whatTheArchiveLacksBelowItsHeadIsStored() {
        var batch = IngestBatch([record(3)], heads: head)
        batch.settle(archived: [:])
        #expect(batch.rows.count == 1)
        #expect(batch.heads.isEmpty)
    }

    @Test func twoOfOnePlaceInABatch() {
        var batch = IngestBatch([record(6), record(6), record(6, id: 1)], heads: head)
        batch.settle(archived: [:])
        #expect(batch.rows.count == 1)
        #expect(batch.replays.count == 1)
        #expect(batch.dead.map(\.reason) == [.conflict])
    }

    @Test func roomsDoNotTouchEachOther() {
        let other = room("other")
        let batch = IngestBatch([record(6), record(1, room: other), record(7)], heads: head)
        #expect(batch.rows.count == 3)
        #expect(batch.holes == 0)
        #expect(batch.heads[other] == LogPosition(epoch: "e1", seq: 1))
    }

    @Test func aRoomsRecordsNeedNotStandTogether() {
        let other = room("other")
        let batch = IngestBatch(
            [record(6), record(1, room: other), record(6), record(8), record(9), record(4, room: other)],
            heads: head)
        #expect(batch.rows.map(\.place.position.seq) == [6, 1, 8, 9, 4])
        #expect(batch.doubtful.map(\.place.position.seq) == [6])
        #expect(batch.holes == 2)
        #expect(batch.heads.mapValues(\.seq) == [.general: 9, other: 4])
    }

    /// Heads that nothing was put above do not move.
    @Test func whatIsOnlyDoubtfulMovesNoHead() {
        let batch = IngestBatch([record(4), record(5)], heads: head)
        #expect(batch.doubtful.count == 2)
        #expect(batch.heads.isEmpty)
    }

    @Test func roomsAreTakenOnceForARow() {
        let other = room("other")
        let records = [record(1), record(2), record(1, room: other), record(3), record(4)]
        #expect(records.rooms == [.general, other, .general])
        #expect([LogRecord]().rooms.isEmpty)
    }
}

@Suite struct LogRecordTests {
    private func entry(_ seq: Int64, _ envelope: [UInt8]) -> LogEntry {
        LogEntry(id: LogEntry.ID(room: .general, seq: seq), envelope: envelope)
    }

    @Test func anEnvelopeIsTakenApart() throws {
        let id = MessageID(milliseconds: now)
        let answered = MessageID(milliseconds: now - 1)
        let message = NewMessage(content: "hi", clientMessageID: ClientMessageID("c-1"), replyTo: answered)
        let tail = EnvelopeTail.bytes(message, room: .general, id: id, user: .alice)
        let bytes = EnvelopeTail.complete(tail, at: LogPosition(epoch: "e1", seq: 9), mv: 3)
        let record = try LogRecord(entry(9, bytes), now: now)
        #expect(record.place == Place(room: .general, position: LogPosition(epoch: "e1", seq: 9)))
        #expect(record.id == id)
        #expect(record.sender == .alice)
        #expect(record.type == .newMessage)
        #expect(record.ts == now)
        #expect(record.clientMessageID == "c-1")
        #expect(record.replyTo == answered)
        #expect(record.envelope == bytes)
    }

    static let unfit: [(String, Unfit)] = [
        ("", .notAnEnvelope), ("[]", .notAnEnvelope), (#"{"v":1,"type":"new_message"}"#, .notAnEnvelope),
        (text(epoch: "e1", seq: "0"), .notAnEnvelope), (text(type: "dance"), .notAnEnvelope),
        (text(seq: "2"), .notAnEnvelope),
        (text(type: "user_typing"), .notLogged), (text(room: "other"), .wrongRoom),
        (text(id: "00000000-0000-7000-8000-000000000000"), .timeOutOfRange),
        (text(id: "ffffffff-ffff-7fff-bfff-ffffffffffff"), .timeOutOfRange),
        (text(content: #"\u0000"#), .notAnEnvelope),
    ]

    /// As a gateway writes a message, which is read by position, and with less of it.
    @Test(arguments: unfit) func whatCannotBeARow(text: String, reason: Unfit) {
        let rest = #","client_msg_id":null,"reply_to":null,"metadata":{}}}"#
        for text in [text, text.replacing("}}", with: rest)] {
            #expect(throws: reason) {
                try LogRecord(entry(1, Array(text.utf8)), now: now)
            }
        }
    }

    private static func text(
        type: String = "new_message", room: String = "general", epoch: String = "e1", seq: String = "1",
        id: String = "019aa4e6-4d07-7b1e-9c55-0d2f6a1b7c3d", content: String = "x"
    ) -> String {
        """
        {"v":1,"epoch":"\(epoch)","seq":\(seq),"mv":1,"type":"\(type)","room":"\(room)","id":"\(id)",\
        "ts":1,"user":"alice","data":{"content":"\(content)"}}
        """
    }

    /// What cannot be read is settled with what stands around it: else its room would lag for ever.
    @Test func aReadingSortsItsEntries() {
        let bytes = envelope(1)
        let stretch = UnstoredStretch(room: .general, above: 0, count: 3)
        let entries = [entry(1, bytes), entry(2, Array("junk".utf8)), entry(3, [])]
        let reading = LogReading([(stretch, entries)], now: now)
        #expect(reading.entries == 3)
        #expect(reading.records.map(\.entry.seq) == [1])
        #expect(reading.dead.map(\.entry.seq) == [2, 3])
        #expect(reading.bytes == bytes.count + 4)
        let room = LogReading.Room(
            room: .general, epoch: "e1", seq: 3, isSound: false, newestMilliseconds: now)
        #expect(reading.rooms == [room])
    }

    /// A tombstone's place is as anybody has written it.
    @Test func aReadingWithATombstoneIsNotSound() {
        let entries = [entry(1, envelope(1)), entry(2, Array(Self.text(type: "joke", seq: "2").utf8))]
        let stretch = UnstoredStretch(room: .general, above: 0, count: 2)
        for (count, isSound) in [(1, true), (2, false)] {
            let reading = LogReading([(stretch, Array(entries.prefix(count)))], now: now)
            #expect(reading.records.count == count)
            #expect(reading.rooms[0].isSound == isSound)
        }
    }

    @Test func aReadingTellsOfRoomsWithoutEntries() {
        let other = room("other")
        let reading = LogReading(
            [
                (UnstoredStretch(room: .general, above: 7, count: 2), []),
                (
                    UnstoredStretch(room: other, above: 1, count: 2),
                    [
                        LogEntry(id: LogEntry.ID(room: other, seq: 2), envelope: [])
                    ]
                ),
            ], strays: [[1, 255]], now: now)
        #expect(
            reading.rooms == [
                LogReading.Room(room: .general, seq: 7),
                LogReading.Room(room: other, seq: 2, isSound: false, newestMilliseconds: now),
            ])
        #expect(reading.strays == [[1, 255]])
    }
}

@Suite struct UnstoredStretchTests {
    private func stretches(_ rooms: [(stored: Int64, missing: Int64)], most: Int) -> [[Int64]] {
        var left = most
        let stretches = rooms.compactMap { room in
            UnstoredStretch.next(
                UnstoredRoom(room: .general, stored: room.stored, missing: room.missing), &left)
        }
        return stretches.map { [$0.above, Int64($0.count)] }
    }

    @Test func whoHasWaitedLongestIsReadFirst() {
        #expect(stretches([(0, 3), (10, 2), (5, 4)], most: 7) == [[0, 3], [10, 2], [5, 2]])
        #expect(stretches([(0, 3), (10, 2)], most: 3) == [[0, 3]])
        #expect(stretches([(0, 3)], most: 2) == [[0, 2]])
    }

    /// That all of it is settled is said without reading.
    @Test func aRoomThatHasNothingTakesNothingOfTheRest() {
        #expect(stretches([(3, 0), (9, 0), (1, 1)], most: 1) == [[3, 0], [9, 0], [1, 1]])
    }

    @Test func ofARoomThatIsSpoiltThereMayBeAnyNumber() {
        #expect(stretches([(0, .max), (1, 1)], most: 100) == [[0, 100]])
    }

    private func read(_ fields: String?...) throws -> [Int64] {
        let words = fields.map { $0.map { RedisReply.bulk(Array($0.utf8)) } ?? .null }
        let room = try UnstoredRoom(.success(.array(words)), of: .general)
        return [room.stored, room.missing]
    }

    @Test func whatRedisTells() throws {
        #expect(try read("5", "7", "1", "") == [5, 2])
        #expect(try read(nil, "7", "1", nil) == [0, 7])
        #expect(try read("7", "7", "1", "") == [7, 0])
        #expect(try read("9", "7", "1", "") == [9, 0])
        #expect(try read("5", "7", "x", "x:1 :: a:b:c") == [5, 2])
        #expect(try read("-1", "9007199254740992", "1", "") == [0, .max])
        let spoilt = try UnstoredRoom(.failure(.server("WRONGTYPE it is")), of: .general)
        #expect(spoilt == UnstoredRoom(room: .general, stored: 0, missing: .max))
        #expect(throws: RedisError.timeout) { try UnstoredRoom(.failure(.timeout), of: .general) }
    }

    /// Else one room of a new epoch would take the part of a pass that its whole partition has.
    @Test func whatNobodyWasGivenIsNotMissing() throws {
        let epochs = "e0:1:10 e1:1001:1005 e2:3001:3000"
        #expect(try read("1002", "5004", "5001", epochs) == [1_002, 7])
        #expect(try read("8", "5004", "5001", epochs) == [8, 11])
        #expect(try read("5001", "5004", "5001", epochs) == [5_001, 3])
        // Nobody remembers to whom they were given, or nothing was given yet: something may be there all the same.
        #expect(try read("8", "5000", "5001", nil) == [8, 1])
        #expect(try read(nil, "5001", "5001", nil) == [0, 1])
        let most = "\(LogPosition.maxClaimedSeq)"
        #expect(try read("0", most, most, "a:0:\(most) b:0:\(most)") == [0, LogPosition.maxClaimedSeq + 1])
    }
}
