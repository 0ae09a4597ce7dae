import Engine
import Support
import Testing
import Web

/// A WebSocket from the handshake to the close, over a real socket.
@Suite struct WebSocketConnectionTests {
    private final class Seen {
        var connection: WebSocketConnection?
        var texts: [String] = []
        var pongs = 0
        var ends: [CloseInfo] = []
        var isGone = false
    }

    private static let hello =
        "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    /// Opens a WebSocket whose server answers each text with the same.
    private func open(
        _ change: @escaping @Sendable (inout WebSocketLimits) -> Void = { _ in }, leftover: [UInt8] = [],
        _ body:
            @escaping @Sendable (
                RawClient, WebSocketConnection, () -> (texts: [String], ends: [CloseInfo], pongs: Int)
            )
            async throws -> Void
    ) async throws {
        try await onLoop { loop in
            var limits = WebSocketLimits()
            limits.lingerMilliseconds = 50
            change(&limits)
            let seen = Seen()
            let server = HTTPServer(loop: loop, handler: { _ in Problem.notFound.response }) {
                [limits] request in
                .webSocket(request, limits: limits) { connection in
                    seen.connection = connection
                    connection.owner = ClosureOwner(
                        onText: { [unowned connection] text in
                            seen.texts.append(String(decoding: text, as: UTF8.self))
                            connection.send(FrameEncoder.text(text))
                        }, onPong: { seen.pongs += 1 }, onClosed: { seen.ends.append($0) },
                        onGone: { seen.isGone = true })
                }
            }
            let client = try await RawClient.connected(to: server, on: loop)
            client.stream.send(Array(Self.hello.utf8) + leftover)
            #expect(await eventually(on: loop) { seen.connection != nil && client.text.contains("\r\n\r\n") })
            #expect(client.statuses == ["101 Switching Protocols"])
            if leftover.isEmpty { client.received = [] }
            let connection = try #require(seen.connection)
            try await body(client, connection) { (seen.texts, seen.ends, seen.pongs) }
            client.stream.close()
            // A connection that lingers would outlive its loop.
            #expect(await eventually(on: loop) { seen.ends.count == 1 && seen.isGone })
            #expect(server.connectionCount == 0)
            seen.connection = nil
        }
    }

    private static func text(_ text: String) -> [UInt8] { clientFrame(1, Array(text.utf8)) }
    private static func served(_ opcode: UInt8, _ payload: String) -> [UInt8] {
        clientFrame(opcode, Array(payload.utf8), isMasked: false)
    }

    @Test func talks() async throws {
        try await open { client, _, seen in
            client.stream.send(Self.text("one") + clientFrame(9, Array("p".utf8)) + Self.text("two"))
            let expected = Self.served(1, "one") + Self.served(10, "p") + Self.served(1, "two")
            #expect(await client.exchange("") { $0.received == expected })
            #expect(seen().texts == ["one", "two"])
        }
    }

    @Test func deliversWhatCameWithTheHandshake() async throws {
        try await open(leftover: Self.text("early")) { client, _, seen in
            #expect(await client.exchange("") { _ in seen().texts == ["early"] })
        }
    }

    @Test func hearsAPongAndKnowsWhen() async throws {
        try await open { client, connection, seen in
            let before = connection.lastHeard
            connection.ping()
            #expect(await client.exchange("") { $0.received == [0x89, 0] })
            await client.stream.loop.sleep(milliseconds: 5)
            client.stream.send(clientFrame(10))
            #expect(await client.exchange("") { _ in seen().pongs == 1 })
            #expect(connection.lastHeard > before)
        }
    }

    @Test func ourCloseStopsDeliveryAndIsSeenInMidSend() async throws {
        try await open({ $0.lingerMilliseconds = 60_000 }) { client, connection, seen in
            connection.close(.policyViolation, reason: "banned")
            connection.sendText([0x61])
            for _ in 0..<100 { client.stream.send(Self.text(String(repeating: "x", count: 60_000))) }
            #expect(await client.ended())
            #expect(
                client.received
                    == FrameEncoder.close(CloseFrame(code: .policyViolation, reason: "banned"))
                    .withUnsafeBytes { Array($0) })
            #expect(seen().texts.isEmpty)
            #expect(seen().ends == [CloseInfo(code: .policyViolation, reason: "banned", side: .local)])
        }
    }

    private static let answers: [([UInt8], [UInt8], CloseCode)] = [
        ([3, 232], [0x88, 5, 3, 232] + Array("bye".utf8), .normal),
        ([3, 233], [0x88, 2, 3, 233], .goingAway), ([], [0x88, 0], .noStatus),
    ]

    @Test(arguments: answers)
    func answersThePeersClose(payload: [UInt8], answer: [UInt8], code: CloseCode) async throws {
        try await open { client, connection, seen in
            client.stream.send(clientFrame(8, payload) + Self.text("after"))
            #expect(await client.ended())
            #expect(client.received == answer)
            #expect(seen().ends == [CloseInfo(code: code, reason: "", side: .peer)])
            #expect(seen().texts.isEmpty)
            #expect(!connection.isOpen)
        }
    }

    @Test func failsOnAWrongFrame() async throws {
        try await open { client, _, seen in
            client.stream.send(Self.text("fine") + clientFrame(1, [0xFF]) + Self.text("after"))
            #expect(await client.ended())
            let close = FrameEncoder.close(CloseFrame(code: .invalidPayload, reason: "invalid_utf8"))
            #expect(client.received == Self.served(1, "fine") + close.withUnsafeBytes { Array($0) })
            #expect(seen().ends.first?.error == .invalidUTF8)
        }
    }

    @Test func reportsALostConnection() async throws {
        try await open { client, _, seen in
            client.stream.close()
            _ = await eventually(on: client.stream.loop) { !seen().ends.isEmpty }
            #expect(seen().ends == [CloseInfo(code: .abnormal, reason: "", side: .lost)])
        }
    }

    @Test func dropsAPeerThatDoesNotEnd() async throws {
        try await open { client, connection, _ in
            connection.close(.normal, reason: "bye")
            #expect(await client.ended())
            // The client keeps its half open and talks on: discarded at first, then there is nobody any more.
            #expect(
                await eventually(on: client.stream.loop) {
                    client.stream.send([0])
                    return client.isClosed
                })
        }
    }

    @Test func tellsASlowReaderWhy() async throws {
        try await open({ $0.queuedBytes = 100_000 }) { client, connection, seen in
            client.stream.pauseReading()
            let frame = FrameEncoder.text([UInt8](repeating: 0x61, count: 10_000))
            while connection.isOpen {
                connection.send(frame)
                await client.stream.loop.sleep(milliseconds: 0)
            }
            #expect(connection.queuedBytes < 20_100)
            client.stream.resumeReading()
            #expect(await client.ended())
            let close = FrameEncoder.close(CloseFrame(code: .tryAgainLater, reason: "slow_consumer"))
            let bytes = close.withUnsafeBytes { Array($0) }
            #expect(client.received.suffix(bytes.count) == bytes[...])
            #expect((client.received.count - bytes.count) % (10_000 + 4) == 0)
            #expect(seen().ends.map(\.code) == [.tryAgainLater])
        }
    }

    @Test func refusesAMalformedHandshakeOverHTTP() async throws {
        try await onLoop { loop in
            let server = HTTPServer(loop: loop, handler: { _ in Problem.notFound.response }) { request in
                .webSocket(request, subprotocol: "chat.v1") { _ in Issue.record("opened") }
            }
            let client = try await RawClient.connected(to: server, on: loop)
            #expect(
                await client.exchange(Self.hello.replacing("Version: 13", with: "Version: 8")) {
                    $0.text.contains("upgrade_required")
                })
            #expect(client.text.contains("Sec-WebSocket-Version: 13\r\n"))
            #expect(client.text.contains("Connection: Upgrade\r\n"))
            let offer = Self.hello.replacing("Host: h", with: "Host: h\r\nSec-WebSocket-Protocol: other")
            #expect(await client.exchange(offer) { $0.text.contains("subprotocol_not_supported") })
            #expect(client.statuses == ["426 Upgrade Required", "400 Bad Request"])
            client.stream.close()
            await server.drain(withinMilliseconds: 1_000)
        }
    }
}
