import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

private let now: Int64 = 1_763_701_234_567

/// What keeps the place of an entry that cannot be stored.
@Suite struct TombstoneTests {
    private static let head = #"{"v":1,"epoch":"e1","seq":7,"mv":3,"#
    private static let from = #""id":"019aa4e6-4d07-7b1e-9c55-0d2f6a1b7c3d","ts":5,"user":"alice","#

    private func tombstone(_ text: String) -> LogRecord? {
        let entry = LogEntry(id: LogEntry.ID(room: .general, seq: 7), envelope: Array(text.utf8))
        return LogRecord(tombstoneFor: entry, now: now, reason: .notAnEnvelope)
    }

    /// Content with U+0000, bytes that are no JSON, an unknown type: the place and who sent it can be read all the same.
    @Test(arguments: [
        #""type":"new_message","room":"general",\#(from)"data":{"client_msg_id":"c-1","content":"a\u0000"}}"#,
        #""type":"new_message","room":"general",\#(from)"data":{"content":"#,
        #""type":"dance","room":"general",\#(from)"data":{}}"#,
    ])
    func whatCanBeReadStays(rest: String) throws {
        let record = try #require(tombstone(Self.head + rest))
        #expect(record.place == Place(room: .general, position: LogPosition(epoch: "e1", seq: 7)))
        #expect(record.sender == .alice)
        #expect(record.clientMessageID == nil)
        #expect(
            String(decoding: record.envelope, as: UTF8.self) == """
                {"v":1,"epoch":"e1","seq":7,"mv":3,"type":"new_message","room":"general",\(Self.from)\
                "data":{"client_msg_id":null,"content":null,"deleted":true,"metadata":{},"reply_to":null}}
                """)
        #expect(record.deadLetter?.notice == "dead general e1 7 -")
        #expect(record.deadLetter?.reason == .notAnEnvelope)
    }

    @Test func theSendersKeyIsToldWhereItCanBeRead() throws {
        let text = #""type":"dance","room":"general",\#(Self.from)"data":{"client_msg_id":"c 1"}}"#
        let record = try #require(tombstone(Self.head + text))
        #expect(record.clientMessageID == nil)
        #expect(String(decoding: record.envelope, as: UTF8.self).contains(#""client_msg_id":"c 1""#))
        #expect(record.deadLetter?.notice == "dead general e1 7 c 1")
    }

    @Test func anEntryWithoutAnIDGetsOne() throws {
        let text = Self.head + #""type":"new_message","room":"general","data":{}}"#
        let record = try #require(tombstone(text))
        #expect(record.id.milliseconds == now)
        #expect(record.ts == now)
        #expect(record.sender == nil)
    }

    @Test(arguments: [
        "no envelope", "{}", #"{"v":1,"type":"new_message","room":"general","data":{}}"#,
        #"{"v":1,"epoch":"e1","seq":8,"mv":1,"type":"new_message","room":"general","data":{}}"#,
        #"{"v":1,"epoch":"e1","seq":7,"mv":1,"type":"new_message","room":"other","data":{}}"#,
        #"{"v":1,"epoch":"e1","seq":7,"mv":1,"type":"new_message","data":{}}"#,
    ])
    func withoutAPlaceOfOursThereIsNone(text: String) { #expect(tombstone(text) == nil) }

    /// A month of the year 10889 would be a table of its own.
    @Test func aTimeOutOfRangeIsBroughtNear() throws {
        let text =
            #""type":"new_message","room":"general","id":"ffffffff-ffff-7fff-bfff-ffffffffffff","data":{}}"#
        #expect(try #require(tombstone(Self.head + text)).createdAt == now)
    }
}
