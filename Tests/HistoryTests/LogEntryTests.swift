import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

@Suite struct LogEntryTests {
    private func read(_ id: String, _ fields: [RedisReply]) -> LogEntry? {
        LogEntry(.array([.bulk(Array(id.utf8)), .array(fields)]), of: .general)
    }

    @Test(arguments: [("1-0", 1), ("42-7", 42), ("9007199254740991-0", 9_007_199_254_740_991)])
    func theFirstNumberOfItsIDIsTheSeq(id: String, seq: Int64) throws {
        let entry = try #require(read(id, [.bulk([0x61]), .bulk([1]), .bulk([0x65]), .bulk([0xFF, 0x7B])]))
        #expect(entry.id == LogEntry.ID(room: .general, seq: seq))
        #expect(entry.envelope == [0xFF, 0x7B])
    }

    @Test(arguments: [
        "0-1", "9007199254740992-0", "9223372036854775808-0", "18446744073709551616-0", "-1-0", "x-0", "",
    ])
    func whatIsNoSeqIsNoEntry(id: String) { #expect(read(id, [.bulk([0x65]), .bulk([1])]) == nil) }

    @Test func withoutAFieldThereIsNoEnvelope() {
        #expect(read("1-0", [.bulk([0x78]), .bulk([1])])?.envelope == [])
        #expect(LogEntry(.array([.bulk(Array("1-0".utf8)), .null]), of: .general)?.envelope == [])
        #expect(LogEntry(.null, of: .general) == nil)
    }
}
