import Schema
import Testing

@testable import Bus

struct ArchivePageTests {
    @Test func envelopesAreTakenAsTheyStand() throws {
        let envelopes = [
            #"{"v":1,"epoch":"a","seq":7,"mv":1,"type":"new_message","data":{"content":"}],[{ \"\\"}}"#,
            #"{"v":1,"epoch":"a","seq":8,"mv":1,"type":"new_message","data":{"metadata":{"n":1.0,"a":[{}]}}}"#,
        ]
        let page = try #require(read(envelopes, complete: true))
        #expect(page.envelopes.map(\.seq) == [7, 8])
        #expect(page.envelopes.map { String(decoding: $0.bytes, as: UTF8.self) } == envelopes)
        #expect(page.isComplete)
    }

    @Test func aPageMayBeEmptyAndNotTheLast() throws {
        let page = try #require(read([], complete: false))
        #expect(page.envelopes.isEmpty)
        #expect(!page.isComplete)
    }

    @Test(arguments: [
        "", "{}", #"{"messages":[{"v":1,"epoch":"a","seq":7"#, #"{"messages":[{"v":1}],"complete":true}"#,
        #"{"messages":[1],"complete":true}"#, #"{"messages":[]}"#, #"{"messages":[],"complete":1}"#,
        #"{"messages":[{"a":"\"#,
    ])
    func whatIsNoPageIsNone(text: String) {
        #expect(ArchivePage(Array(text.utf8)) == nil)
    }

    private func read(_ envelopes: [String], complete: Bool) -> ArchivePage? {
        let page = HistoryPage(
            messages: envelopes.map { Array($0.utf8) }, nextBefore: nil, nextAfter: 3, isComplete: complete)
        var writer = JSONWriter()
        writer.object { page.write(to: &$0) }
        return ArchivePage(writer.bytes)
    }
}
