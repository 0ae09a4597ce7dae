import Testing
import Web

@Suite struct ResponseEncoderTests {
    private func encode(_ response: Response, _ change: (inout ResponseEncoder.Context) -> Void = { _ in })
        -> String
    {
        var context = ResponseEncoder.Context()
        change(&context)
        return String(decoding: ResponseEncoder.encode(response, context, date: "NOW"), as: UTF8.self)
    }

    private let text = Response(headers: ["X": "y"], body: Array("hello".utf8))

    @Test func framesTheBody() {
        #expect(encode(text) == "HTTP/1.1 200 OK\r\nDate: NOW\r\nX: y\r\nContent-Length: 5\r\n\r\nhello")
    }

    @Test func leavesTheBodyOutForHead() {
        #expect(encode(text) { $0.isHead = true }.hasSuffix("Content-Length: 5\r\n\r\n"))
    }

    @Test func saysWhatBecomesOfTheConnection() {
        #expect(encode(text) { $0.closes = true }.contains("\r\nConnection: close\r\n"))
        #expect(encode(text) { $0.isHTTP10 = true }.contains("\r\nConnection: keep-alive\r\n"))
    }

    @Test func hasNoLengthWhereThereIsNoBody() {
        #expect(encode(.noContent) == "HTTP/1.1 204 No Content\r\nDate: NOW\r\n\r\n")
        let upgrade = Response(status: .switchingProtocols, headers: ["Connection": "Upgrade"])
        #expect(
            encode(upgrade) == "HTTP/1.1 101 Switching Protocols\r\nDate: NOW\r\nConnection: Upgrade\r\n\r\n")
    }

    @Test func letsNoHandlerBreakTheFraming() {
        let response = Response(headers: [
            "A": "b\r\nSet-Cookie: c", "content-length": "9", "Transfer-Encoding": "x",
        ])
        #expect(
            encode(response)
                == "HTTP/1.1 200 OK\r\nDate: NOW\r\nA: b  Set-Cookie: c\r\nContent-Length: 0\r\n\r\n")
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"), (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ]) func writesDates(seconds: Int64, text: String) {
        #expect(HTTPDate.format(secondsSince1970: seconds) == text)
    }
}
