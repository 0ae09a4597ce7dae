import Testing
import Web

/// Dialogues: bytes in, events out; each is held with the bytes cut in many ways.
@Suite struct RequestParserTests {
    private static let host = "Host: h\r\n"

    /// What a parser says about these parts, as one line for each event.
    private func outcome(_ parts: [[UInt8]], _ limits: HTTPLimits) -> [String] {
        var parser = RequestParser(limits: limits)
        var said: [String] = []
        for part in parts {
            part.withUnsafeBytes { parser.append($0) }
            do {
                while let event = try parser.next() { said.append(describe(event)) }
            } catch {
                // The failure stays: no bytes after it are taken for a request.
                #expect(throws: error) { try parser.next() }
                return said + ["\(error)"]
            }
        }
        return said + (parser.phase == .idle ? [] : ["waits for \(parser.phase)"])
    }

    private func describe(_ event: RequestParser.Event) -> String {
        switch event {
        case .head(let head): return "head \(head.method)\(head.expectsContinue ? " 100?" : "")"
        case .request(let request):
            let body = request.body.isEmpty ? "" : " " + String(decoding: request.body, as: UTF8.self)
            return "\(request.method) \(request.path)\(body)"
        }
    }

    private func expect(
        _ text: String, _ expected: [String], limits: HTTPLimits = HTTPLimits(),
        at location: SourceLocation = #_sourceLocation
    ) {
        for parts in splits(of: Array(text.utf8)) {
            let outcome = outcome(parts, limits)
            #expect(outcome == expected, "\(parts.count) parts", sourceLocation: location)
            guard outcome == expected else { return }
        }
    }

    private func fails(_ text: String, _ error: WebError, at location: SourceLocation = #_sourceLocation) {
        expect(text, ["\(error)"], at: location)
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", ["GET /"]),
        ("GET /a%20b?q HTTP/1.1\r\nhost:h\r\nX:\r\nY: \t z \t \r\n\r\n", ["GET /a b"]),
        ("\r\n\r\nGET / HTTP/1.0\r\n\r\n", ["GET /"]),
        ("GET / HTTP/1.9\r\nHost: h\r\n\r\n", ["GET /"]),
        ("GET http://x/y HTTP/1.1\r\nHost: h\r\n\r\n", ["GET /y"]),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", ["OPTIONS *"]),
        ("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc", ["head POST", "POST /p abc"]),
        ("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", ["POST /p"]),
        (
            "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
            ["head PUT 100?", "waits for body"]
        ),
        (
            "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\nG",
            ["GET /", "GET /2", "waits for header"]
        ),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "3\r\nabc\r\n0000a ;x=\"y\"\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
            ["head POST", "POST / abc0123456789", "GET /2"]
        ),
    ]) func reads(text: String, events: [String]) {
        expect(text, events)
    }

    @Test(arguments: [
        "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /", "GET", "G@T / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET * HTTP/1.1", "GET http://u@h/ HTTP/1.1", "\u{16}\u{3}\u{1}", "\"GET\" / HTTP/1.1",
        "GET / HTTP/1.x", "GET / http/1.1", "GET / HTTP/1.10", "GET / HTTP/11", "\u{0}",
    ]) func refusesRequestLines(line: String) {
        for parts in splits(of: Array("\(line)\r\n\(Self.host)\r\n".utf8)) {
            #expect(outcome(parts, HTTPLimits()).last?.hasPrefix("malformedRequest") == true)
        }
    }

    @Test func refusesTargets() {
        fails("GET /% HTTP/1.1\r\n", .malformedRequest("request target"))
        fails("CONNECT h:80 HTTP/1.1\r\n", .malformedRequest("request target"))
    }

    @Test(arguments: ["HTTP/2.0", "HTTP/0.9", "HTTP/3.1"]) func refusesVersions(version: String) {
        fails("GET / \(version)\r\n", .unsupportedVersion)
    }

    @Test(arguments: [
        "A : b", " A: b", "A", ": b", "A\u{e9}: b", "A(): b", "A: b\u{1}", "A: b\u{7f}",
        "A: b\r\n c", "A: b\r\n\tc",
    ]) func refusesFields(field: String) {
        for parts in splits(of: Array("GET / HTTP/1.1\r\n\(Self.host)\(field)\r\n\r\n".utf8)) {
            #expect(outcome(parts, HTTPLimits()).last?.hasPrefix("malformedRequest(\"field") == true)
        }
    }

    @Test func refusesLinesThatTwoReadersSeeDifferently() {
        fails("GET / HTTP/1.1\nHost: h\n\n", .malformedRequest("line ends without CR"))
        fails("GET / HTTP/1.1\r\nHost: h\n\r\n", .malformedRequest("line ends without CR"))
        fails("GET / HTTP/1.1\r\nHost: h\r\nA: b\rC: d\r\n\r\n", .malformedRequest("CR or NUL in a line"))
        fails("GET / HTTP/1.1\r\nA: b\u{0}\r\n\r\n", .malformedRequest("CR or NUL in a line"))
        fails("\r\n\r\n\r\n", .malformedRequest("request line"))
    }

    @Test(arguments: [
        "", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host: u@h\r\n",
        "Host: a,b\r\n", "Host: a:b\r\n", "Host: a:1:2\r\n", "Host: :80\r\n", "Host: [::1\r\n",
        "Host: [x]\r\n",
        "Host: ::1\r\n", "Host: a:123456\r\n", "Host: a\u{e9}\r\n", "Host: a\\b\r\n",
    ])
    func wantsOneHost(fields: String) {
        fails("GET / HTTP/1.1\r\n\(fields)\r\n", .malformedRequest("Host"))
    }

    @Test(arguments: ["", "a", "a.b:80", "192.0.2.1", "[::1]", "[::ffff:192.0.2.1]:8080", "a:", "_x.a-b"])
    func takesAHost(host: String) {
        expect("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n", ["GET /"])
    }

    /// Or else a line a time would hold a connection for several times the time of a header.
    @Test func emptyLinesBeginARequest() throws {
        var parser = RequestParser()
        Array("\r\n".utf8).withUnsafeBytes { parser.append($0) }
        #expect(try parser.next() == nil)
        #expect(parser.phase == .header)
    }

    @Test(arguments: ["-1", "+1", "1,1", "1, 1", "0x1", "1 1", "", "１"]) func refusesLengths(length: String) {
        fails(
            "POST / HTTP/1.1\r\n\(Self.host)Content-Length: \(length)\r\n\r\n",
            .malformedRequest("Content-Length"))
    }

    @Test func refusesTwoFramings() {
        let post = "POST / HTTP/1.1\r\n\(Self.host)"
        let both = WebError.malformedRequest("Content-Length beside Transfer-Encoding")
        fails("\(post)Content-Length: 1\r\nContent-Length: 1\r\n\r\n", .malformedRequest("Content-Length"))
        fails("\(post)Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", both)
        fails("\(post)Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n", both)
        fails(
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            .malformedRequest("Transfer-Encoding in HTTP/1.0"))
    }

    @Test(arguments: [
        ("chunked, chunked", WebError.malformedRequest("Transfer-Encoding")),
        ("chunked\r\nTransfer-Encoding: chunked", .malformedRequest("Transfer-Encoding")),
        ("chunked, gzip", .malformedRequest("Transfer-Encoding")),
        ("", .malformedRequest("Transfer-Encoding")),
        ("gzip, chunked", .unsupportedTransferCoding), ("identity", .unsupportedTransferCoding),
        ("xchunked", .unsupportedTransferCoding),
    ]) func refusesTransferCodings(coding: String, error: WebError) {
        fails("POST / HTTP/1.1\r\n\(Self.host)Transfer-Encoding: \(coding)\r\n\r\n", error)
    }

    @Test(arguments: [
        ("\r\n", "chunk size"), ("x\r\n", "chunk size"), ("-1\r\n", "chunk size"), ("+1\r\n", "chunk size"),
        ("0x1\r\n", "chunk size"), ("1 \r\n", "chunk size"), ("1 1\r\n", "chunk size"),
        (" 1\r\n", "chunk size"),
        ("00000000000000001\r\n", "chunk size"), ("1;" + String(repeating: "x", count: 1_100), "chunk size"),
        ("1\r\nab\r\n", "chunk longer than its size"), ("1\r\na\n", "line ends without CR"),
        ("1\n", "line ends without CR"), ("1;a\rb\r\n", "CR or NUL in a line"), ("1;\u{1}\r\n", "chunk size"),
        ("1\u{b}\r\n", "chunk size"),
        ("0\r\nA : b\r\n", "field name"),
    ]) func refusesChunks(chunks: String, rule: String) {
        expect(
            "POST / HTTP/1.1\r\n\(Self.host)Transfer-Encoding: chunked\r\n\r\n\(chunks)",
            ["head POST", "\(WebError.malformedRequest(rule))"])
    }

    @Test func boundsEverything() {
        var limits = HTTPLimits()
        limits.requestLineBytes = 20
        limits.headerBytes = 50
        limits.headerCount = 3
        limits.bodyBytes = 4
        limits.chunkExtensionBytes = 6
        let get = "GET / HTTP/1.1\r\n"
        let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        expect("GET /234567 HTTP/1.1\r\nHost: h\r\n\r\n", ["GET /234567"], limits: limits)
        expect("GET /2345678 HTTP/1.1\r\n", ["\(WebError.requestLineTooLong(limit: 20))"], limits: limits)
        // 9 + 41 bytes are just the limit.
        expect("\(get)Host: h\r\nA: \(String(repeating: "x", count: 38))\r\n\r\n", ["GET /"], limits: limits)
        let tooLarge = "\(WebError.headersTooLarge(limit: 50))"
        expect("\(get)Host: h\r\nA: \(String(repeating: "x", count: 39))\r\n\r\n", [tooLarge], limits: limits)
        expect(
            "\(get)Host: h\r\nA:\r\nB:\r\nC:\r\n\r\n", ["\(WebError.headersTooLarge(limit: 3))"],
            limits: limits)
        let body = "\(WebError.bodyTooLarge(limit: 4))"
        expect("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", [body], limits: limits)
        expect(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", [body],
            limits: limits)
        expect("\(chunked)3\r\nabc\r\n2\r\n", ["head POST", body], limits: limits)
        expect("\(chunked)ffffffffffffffff\r\n", ["head POST", body], limits: limits)
        expect(
            "\(chunked)2;abc\r\nab\r\n2;abc\r\nab\r\n0\r\n\r\n",
            [
                "head POST", "\(WebError.malformedRequest("chunk extensions"))",
            ], limits: limits)
    }

    @Test func refusesOtherExpectations() {
        fails("GET / HTTP/1.1\r\n\(Self.host)Expect: tea\r\n\r\n", .unknownExpectation)
    }

    @Test func givesBackWhatFollowsAnUpgrade() throws {
        var parser = RequestParser()
        Array("GET / HTTP/1.1\r\nHost: h\r\n\r\nrest".utf8).withUnsafeBytes { parser.append($0) }
        _ = try parser.next()
        #expect(parser.takeRest() == Array("rest".utf8))
        #expect(parser.bufferedBytes == 0)
    }

    /// Whatever comes, the parser says something and does not trap.
    @Test func survivesMutations() {
        let seed = Array(
            ("POST /a?b=%20 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
                + "3;x\r\nabc\r\n0\r\nT: u\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
                .utf8)
        var generator = SplitMix(state: 1)
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            let whole = outcome([bytes], HTTPLimits())
            let halves = outcome([Array(bytes.prefix(60)), Array(bytes.dropFirst(60))], HTTPLimits())
            #expect(whole == halves)
        }
    }
}
