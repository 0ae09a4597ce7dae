import Foundation
import Testing

@testable import Hosting

@Suite struct HealthCommandTests {
    @Test(arguments: [
        ("0.0.0.0", "http://127.0.0.1:80/readyz"), ("::", "http://[::1]:80/readyz"),
        ("::1", "http://[::1]:80/readyz"), ("10.0.0.1", "http://10.0.0.1:80/readyz"),
    ])
    func itAsksWhereTheServiceListens(host: String, address: String) {
        let hosting = HostingSettings(host: host, port: 80, logLevel: .info, shutdownSeconds: 1)
        #expect(HealthCommand(hosting: hosting).address == address)
    }

    @Test func itAsksByTLSWhereTheServiceSpeaksIt() {
        let files = TLSFiles(certificate: "c", key: "k")
        let hosting = HostingSettings(host: "127.0.0.1", port: 80, tls: files)
        #expect(HealthCommand(hosting: hosting).address == "https://127.0.0.1:80/readyz")
    }

    @Test(arguments: ["", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n"])
    func whatIsNoAnswerIsNone(text: String) {
        #expect(SelfInquiry.Answer(Array(text.utf8)) == nil)
    }

    @Test(
        arguments: [
            (200, "", "ready", 0),
            (
                503,
                #"{"status":"not_ready","checks":{"redis":{"ok":false,"latency_ms":1},"b":{"ok":true}}}"#,
                "not ready: redis", 1
            ),
            (
                503,
                #"{"checks":{"b":{"ok":false,"error":"no route"},"c":{"ok":false},"a":{"ok":false,"error":"away"}}}"#,
                "not ready: a, b, c\n  a: away\n  b: no route", 1
            ),
            (503, #"{"status":"not_ready","draining":true,"checks":{}}"#, "not ready: draining", 1),
            (502, "<html>", "not ready: status 502", 1),
        ] as [(Int, String, String, Int32)])
    func theAnswerBecomesAVerdict(status: Int, body: String, line: String, code: Int32) {
        #expect(HealthCommand.verdict(status, Data(body.utf8)) == .init(line: line, code: code))
    }

    @Test func nobodyThereIsNotReady() async {
        let hosting = HostingSettings(host: "127.0.0.1", port: 1, logLevel: .info, shutdownSeconds: 1)
        let verdict = await HealthCommand(hosting: hosting).run()
        #expect(verdict.code == 1)
        #expect(verdict.line.hasPrefix("no answer from http://127.0.0.1:1/readyz: "))
    }
}
