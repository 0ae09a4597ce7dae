import Engine
import Support
import Testing

@testable import Web

/// The server over a real socket.
@Suite struct HTTPConnectionTests {
    /// Where a request for `/held` waits.
    private final class Gate: @unchecked Sendable {
        // Both are used on the one loop only.
        var isReached = false
        var isOpen = false
    }

    /// Runs `body` against a server that echoes the path and the body.
    private func serve<T: Sendable>(
        _ change: @escaping @Sendable (inout HTTPLimits) -> Void = { _ in }, gate: Gate = Gate(),
        _ body: nonisolated(nonsending) @escaping @Sendable (RawClient, HTTPServer) async throws -> T
    ) async throws -> T {
        return try await onLoop { loop in
            var limits = HTTPLimits()
            limits.lingerMilliseconds = 50
            change(&limits)
            let server = HTTPServer(loop: loop, limits: limits) { request in
                await Self.echo(request, on: loop, gate)
            }
            let client = try await RawClient.connected(to: server, on: loop)
            let result = try await body(client, server)
            client.stream.close()
            _ = await eventually(on: loop) { server.connectionCount == 0 }
            #expect(server.connectionCount == 0)
            return result
        }
    }

    private static func echo(_ request: Request, on loop: EventLoop, _ gate: Gate) async -> Response {
        if request.path == "/held" {
            gate.isReached = true
            _ = await eventually(on: loop) { gate.isOpen }
        }
        if request.path == "/slow" { await loop.sleep(milliseconds: 30) }
        if request.path == "/large" { return Response(body: [UInt8](repeating: 0x61, count: 20_000_000)) }
        if request.path == "/close" { return Response(headers: ["Connection": "close"]) }
        return .text("<\(request.path):\(String(decoding: request.body, as: UTF8.self))>")
    }

    private static func get(_ path: String, _ fields: String = "") -> String {
        "GET \(path) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
    }

    @Test func answersAndStaysOpen() async throws {
        let text = try await serve { client, _ in
            #expect(await client.exchange(Self.get("/a")) { $0.text.hasSuffix("</a:>") })
            #expect(await client.exchange(Self.get("/b")) { $0.text.hasSuffix("</b:>") })
            #expect(!client.hasEnded)
            return client.text
        }
        #expect(text.contains("\r\nDate: "))
        #expect(!text.contains("Connection:"))
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await serve { client, _ in
            let requests = (1...50).map { Self.get($0 % 10 == 0 ? "/slow" : "/\($0)") }.joined()
            #expect(await client.exchange(requests) { $0.statuses.count == 50 })
            let answers = client.text.matches(of: #/<(.*?):>/#).map { String($0.1) }
            #expect(answers == (1...50).map { $0 % 10 == 0 ? "/slow" : "/\($0)" })
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "GET /close HTTP/1.1\r\nHost: h\r\n\r\n",
    ]) func closesWhereAsked(request: String) async throws {
        try await serve { client, _ in
            client.send(request + Self.get("/never"))
            #expect(await client.ended())
            #expect(client.statuses == ["200 OK"])
            #expect(client.text.contains("Connection: close\r\n"))
        }
    }

    @Test func keepsAliveForHTTP10WhereAsked() async throws {
        try await serve { client, _ in
            let request = "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"
            #expect(await client.exchange(request + request) { $0.statuses.count == 2 })
            #expect(client.text.contains("Connection: keep-alive"))
        }
    }

    @Test func headHasNoBody() async throws {
        try await serve { client, _ in
            let requests = "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + Self.get("/b")
            #expect(await client.exchange(requests) { $0.text.hasSuffix("</b:>") })
            #expect(!client.text.contains("</a:>"))
            #expect(client.text.contains("Content-Length: 5\r\n"))
        }
    }

    @Test func givesLeaveToSendABody() async throws {
        try await serve { client, _ in
            let head = "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
            #expect(await client.exchange(head) { $0.text == "HTTP/1.1 100 Continue\r\n\r\n" })
            #expect(await client.exchange("abc") { $0.text.hasSuffix("</p:abc>") })
            // One that does not wait is not held up.
            client.received = []
            #expect(await client.exchange(head + "def") { $0.text.hasSuffix("</p:def>") })
            #expect(client.statuses == ["200 OK"])
        }
    }

    @Test func refusesALargeBodyBeforeItComes() async throws {
        try await serve { client, _ in
            client.send(
                "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n")
            #expect(await client.ended())
            #expect(client.statuses == ["413 Content Too Large"])
            #expect(client.text.contains(#""code":"body_too_large""#))
        }
    }

    @Test(arguments: [
        ("GET /\n\n", "400 Bad Request"), ("GET / HTTP/2.0\r\n\r\n", "505 HTTP Version Not Supported"),
        ("GET /\(String(repeating: "x", count: 9_000)) HTTP/1.1\r\n", "414 URI Too Long"),
        (
            "GET / HTTP/1.1\r\nA: \(String(repeating: "x", count: 33_000))\r\n",
            "431 Request Header Fields Too Large"
        ),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented"),
        ("GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n", "417 Expectation Failed"),
    ]) func refusesAndCloses(request: String, status: String) async throws {
        try await serve { client, _ in
            client.send(Self.get("/before") + request + Self.get("/after"))
            #expect(await client.ended())
            #expect(client.statuses == ["200 OK", status])
            #expect(client.text.contains("application/problem+json"))
        }
    }

    @Test func aRefusalReachesAClientInMidSend() async throws {
        try await serve({ $0.lingerMilliseconds = 60_000 }) { client, _ in
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\n")
            for _ in 0..<80 { client.stream.send([UInt8](repeating: 0x61, count: 100_000)) }
            #expect(await client.ended())
            #expect(client.statuses == ["413 Content Too Large"])
        }
    }

    /// The bound is long, so that the first bytes come within it on a machine that is busy with all other tests.
    @Test func boundsTheTimeOfAHeader() async throws {
        try await serve({ $0.headerMilliseconds = 3_000 }) { client, _ in
            client.send("GET / HTTP/1.1\r\n")
            await client.stream.loop.sleep(milliseconds: 100)
            client.send("Host: h\r\n")
            #expect(await client.ended())
            #expect(client.statuses == ["408 Request Timeout"])
        }
    }

    @Test func boundsTheTimeOfABody() async throws {
        try await serve({ $0.bodyMilliseconds = 40 }) { client, _ in
            client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
            #expect(await client.ended())
            #expect(client.statuses == ["408 Request Timeout"])
        }
    }

    @Test func boundsTheTimeOfSilence() async throws {
        try await serve({ $0.headerMilliseconds = 40 }) { client, _ in
            #expect(await client.ended())
            #expect(client.received.isEmpty)
        }
        try await serve({ $0.idleMilliseconds = 40 }) { client, _ in
            client.send(Self.get("/a"))
            #expect(await client.ended())
            #expect(client.statuses == ["200 OK"])
        }
    }

    @Test func answersAClientThatHasShutItsHalf() async throws {
        try await serve { client, _ in
            client.send(Self.get("/slow") + Self.get("/b"))
            client.stream.shutdownWrite()
            #expect(await client.ended())
            #expect(client.statuses.count == 2)
        }
    }

    @Test func sendsLargeAnswersAsTheyAreRead() async throws {
        try await serve { client, _ in
            client.stream.pauseReading()
            client.send(Self.get("/large") + Self.get("/large") + Self.get("/b"))
            await client.stream.loop.sleep(milliseconds: 20)
            client.stream.resumeReading()
            #expect(await eventually(on: client.stream.loop) { client.received.count > 40_000_000 })
            #expect(await client.exchange("") { _ in client.received.suffix(5) == Array("</b:>".utf8)[...] })
        }
    }

    @Test func theLastAnswerIsSentWholeHoweverSlowlyItIsRead() async throws {
        try await serve { client, _ in
            client.stream.pauseReading()
            client.send(Self.get("/large", "Connection: close\r\n"))
            // Longer than the server lingers once all has left.
            await client.stream.loop.sleep(milliseconds: 200)
            client.stream.resumeReading()
            #expect(await client.ended())
            #expect(client.received.count > 20_000_000)
        }
    }

    @Test func aClientThatHasShutItsHalfMustReadToo() async throws {
        try await serve({
            $0.idleMilliseconds = 40
            // So much that the answer is no reason to stop reading requests.
            $0.queuedResponseBytes = 200_000_000
        }) { client, server in
            client.stream.pauseReading()
            client.send(Self.get("/slow") + Self.get("/large"))
            client.stream.shutdownWrite()
            #expect(await eventually(on: client.stream.loop) { server.connectionCount == 0 })
        }
    }

    @Test func refusesOneConnectionTooMany() async throws {
        try await serve({ $0.connections = 0 }) { client, _ in
            #expect(await client.ended())
            #expect(client.statuses == ["503 Service Unavailable"])
            #expect(client.text.contains("Retry-After: 5\r\n"))
        }
    }

    @Test func drainsIdleConnectionsAtOnceAndBusyOnesAfterTheirAnswer() async throws {
        try await serve { client, server in
            await server.drain(withinMilliseconds: 5_000)
            #expect(client.statuses.isEmpty)
        }
        let gate = Gate()
        try await serve(gate: gate) { client, server in
            client.send(Self.get("/held"))
            #expect(await eventually(on: client.stream.loop) { gate.isReached })
            client.stream.loop.schedule(afterMilliseconds: 20) { gate.isOpen = true }
            await server.drain(withinMilliseconds: 20_000)
            #expect(client.statuses == ["200 OK"])
            #expect(client.text.contains("Connection: close"))
        }
    }

    @Test func drainEndsWhereAnAnswerIsStillLeavingAsItBegins() async throws {
        try await serve({ $0.idleMilliseconds = 600_000 }) { client, server in
            let loop = client.stream.loop
            client.stream.onReceive = { [unowned client] in
                if client.received.isEmpty { client.stream.pauseReading() }
                client.received += $0
            }
            client.send(Self.get("/large"))
            #expect(await eventually(on: loop) { !client.received.isEmpty })
            var isDrained = false
            loop.spawn {
                await server.drain(withinMilliseconds: 600_000)
                isDrained = true
            }
            #expect(await eventually(on: loop) { server.isDraining })
            client.stream.resumeReading()
            #expect(await eventually(on: loop) { isDrained })
            #expect(client.received.count > 20_000_000)
        }
    }

    @Test func drainHasADeadline() async throws {
        try await serve({ $0.lingerMilliseconds = 60_000 }) { client, server in
            client.stream.pauseReading()
            client.stream.onEnd = {}
            await server.drain(withinMilliseconds: 30)
            #expect(server.connectionCount == 0)
        }
    }
}
