import Foundation
import Synchronization
import Testing

@testable import Hosting

/// Keeps what a log writes.
private final class Page: Sendable {
    private let kept = Mutex<[String]>([])
    var lines: [String] { kept.withLock { $0 } }

    func log(_ level: LogLevel = .info) -> Log {
        Log(service: "gateway", level: level, now: { 1_763_701_234_567 }) { bytes in
            self.kept.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        }
    }
}

private let head = #"{"time":"2025-11-21T05:00:34.567Z","level":"info","service":"gateway","msg":"#

@Suite struct LogTests {
    @Test func aLineIsOneObjectThatBeginsWithTimeLevelServiceAndMessage() {
        let page = Page()
        page.log().info(
            "joined", .user("alice"), .room("general"), ["count": 3, "share": 0.5, "first": true, "by": "x"])
        #expect(
            page.lines == [
                head
                    + #""joined","user":"alice","room":"general","count":3,"share":0.5,"first":true,"by":"x"}"#
                    + "\n"
            ])
    }

    @Test func fieldsOfTheLogStandOnEachLine() {
        let page = Page()
        let log = page.log().with(.connection("c1"))
        log.info("one")
        log.with(.trace("t")).info("two", .error(CancellationError()))
        #expect(page.lines.first == head + #""one","connection":"c1"}"# + "\n")
        #expect(
            page.lines.last == head + #""two","connection":"c1","trace":"t","error":"CancellationError()"}"#
                + "\n")
    }

    @Test(arguments: [
        (LogLevel.debug, ["debug", "info", "warn", "error"]), (.info, ["info", "warn", "error"]),
        (.warn, ["warn", "error"]), (.error, ["error"]),
    ])
    func whatIsBelowTheLevelIsNotWritten(level: LogLevel, written: [String]) {
        let page = Page()
        let log = page.log(level)
        log.debug("m")
        log.info("m")
        log.warn("m")
        log.error("m")
        #expect(page.lines.map { $0.split(separator: "\"")[7] } == written.map { Substring($0) })
    }

    @Test func strangeTextStaysOneLineOfJSON() throws {
        let strange = "a\"b\\c\n\r\t\u{0}\u{1F}\u{7F}\u{85}é😀\u{2028}"
        let page = Page()
        page.log().info(strange, .field(strange, .string(strange)))
        let line = try #require(page.lines.first)
        #expect(line.dropLast().unicodeScalars.allSatisfy { $0.value >= 0x20 })
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["msg"] == strange)
        #expect(object[strange] == strange)
    }

    @Test func aLongValueIsCutAndTheLineStaysWithinOneWrite() throws {
        let page = Page()
        let long = String(repeating: "é", count: 5000)
        page.log().info("m", .room(long), .user(long), ["x": 1])
        let line = try #require(page.lines.first)
        #expect(line.utf8.count <= LogLine.limit)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["room"] as? String == String(repeating: "é", count: 1024) + "…")
        #expect(object["user"] == nil)
        #expect(object["x"] as? Int == 1)
        #expect(object["truncated"] as? Bool == true)
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_735_689_599_001, "2024-12-31T23:59:59.001Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timeIsRFC3339(milliseconds: Int64, text: String) {
        var bytes: [UInt8] = []
        Timestamp.append(milliseconds, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
