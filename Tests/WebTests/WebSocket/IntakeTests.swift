import Engine
import Support
import Testing

@testable import Web

/// What a connection takes apart in a turn, and what it keeps as it came.
@Suite struct IntakeTests {
    private final class Seen {
        var connection: WebSocketConnection?
        var texts: [Int] = []
        var ended = false
        var onText: () -> Void = {}
        /// Messages since the last turn ended, and the most that a turn has brought.
        var thisTurn = 0
        var most = 0

        func count(_ text: UnsafeRawBufferPointer, on loop: EventLoop) {
            texts.append(text.count)
            if thisTurn == 0 {
                loop.atTurnEnd { [self] in
                    most = max(most, thisTurn)
                    thisTurn = 0
                }
            }
            thisTurn += 1
            onText()
        }
    }

    private func open(
        _ body: @escaping @Sendable (RawClient, WebSocketConnection, Seen) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let seen = Seen()
            let compression = Compression(minimumBytes: 100)
            let server = HTTPServer(loop: loop, handler: { _ in Problem.notFound.response }) { request in
                .webSocket(request, compression: compression) { connection in
                    seen.connection = connection
                    connection.owner = ClosureOwner(
                        onText: { seen.count($0, on: loop) }, onClosed: { _ in seen.ended = true })
                }
            }
            let client = try await RawClient.connected(to: server, on: loop)
            let request =
                "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
            #expect(await client.exchange(request) { $0.text.contains("\r\n\r\n") })
            client.received = []
            try await body(client, try #require(seen.connection), seen)
            client.stream.close()
            #expect(await eventually(on: loop) { seen.ended })
            (seen.connection, seen.onText) = (nil, {})
        }
    }

    /// Some hundred bytes that stand for 64 KiB.
    private func long() throws -> [UInt8] {
        let deflater = try #require(Deflater(windowBits: 15))
        var memory = [UInt8](repeating: 0, count: 65_536)
        let count = [UInt8](repeating: 0x61, count: 65_536).withUnsafeBytes { plain in
            memory.withUnsafeMutableBytes { deflater.deflate(plain, into: $0) }
        }
        return clientFrame(1, Array(memory[..<(try #require(count))]), reserved: 0x40)
    }

    private static func texts(_ lengths: ClosedRange<Int>) -> [UInt8] {
        lengths.flatMap { clientFrame(1, [UInt8](repeating: 0x61, count: $0)) }
    }

    @Test func oneReadThatStandsForMuchIsTakenApartOverManyTurns() async throws {
        let frame = try long()
        try await open { client, _, seen in
            client.stream.send((0..<100).flatMap { _ in frame } + Self.texts(1...1))
            #expect(await eventually(on: client.stream.loop) { seen.texts.count == 101 })
            #expect(seen.texts == Array(repeating: 65_536, count: 100) + [1])
            #expect(seen.most == 4)
        }
    }

    @Test func emptyFramesAreWorkToo() async throws {
        try await open { client, _, seen in
            let empty = clientFrame(1, [])
            client.stream.send((0..<5_000).flatMap { _ in empty })
            #expect(await eventually(on: client.stream.loop) { seen.texts.count == 5_000 })
            #expect(seen.most <= 2_048)
        }
    }

    @Test func whatIsHeldComesLaterAndInOrder() async throws {
        try await open { client, connection, seen in
            seen.onText = { if seen.texts.count == 2 { connection.intake = .held } }
            client.stream.send(Self.texts(1...4) + clientFrame(9, [1]))
            #expect(await eventually(on: client.stream.loop) { connection.hasUndelivered })
            client.stream.send(Self.texts(5...5) + clientFrame(9, [2]))
            #expect(await eventually(on: client.stream.loop) { client.stream.queuedBytes == 0 })
            #expect(seen.texts == [1, 2])
            #expect(client.received.isEmpty)
            connection.intake = .open
            #expect(await client.exchange("") { $0.received == [0x8A, 1, 1, 0x8A, 1, 2] })
            #expect(seen.texts == [1, 2, 3, 4, 5])
            #expect(!connection.hasUndelivered)
        }
    }

    /// Nobody is silent whom nobody listened to.
    @Test func whoWasHeldIsHeardOfAgainWithTheOpening() async throws {
        try await open { client, connection, seen in
            let loop = client.stream.loop
            seen.onText = { connection.intake = .held }
            client.stream.send(Self.texts(1...1))
            #expect(await eventually(on: loop) { seen.texts == [1] })
            let heard = connection.lastHeard
            #expect(await eventually(on: loop) { loop.now > heard })
            #expect(connection.lastHeard == heard)
            connection.intake = .open
            #expect(connection.lastHeard > heard)
        }
    }

    @Test func whoIsToEndIsDeliveredWhatWasRead() async throws {
        try await open { client, connection, seen in
            seen.onText = { if seen.texts.count == 1 { connection.intake = .held } }
            client.stream.send(Self.texts(1...3))
            #expect(await eventually(on: client.stream.loop) { connection.hasUndelivered })
            connection.intake = .ending
            #expect(await eventually(on: client.stream.loop) { seen.texts == [1, 2, 3] })
            client.stream.send(Self.texts(4...4))
            #expect(await eventually(on: client.stream.loop) { client.stream.queuedBytes == 0 })
            connection.intake = .open
            #expect(await eventually(on: client.stream.loop) { seen.texts == [1, 2, 3, 4] })
        }
    }

    @Test func whatWasKeptIsDroppedWithTheConnection() async throws {
        try await open { client, connection, seen in
            seen.onText = { connection.intake = .held }
            client.stream.send(Self.texts(1...3))
            #expect(await eventually(on: client.stream.loop) { connection.hasUndelivered })
            connection.close(.policyViolation, reason: "flood")
            #expect(!connection.hasUndelivered)
            connection.intake = .open
            #expect(await client.ended())
            #expect(seen.texts == [1])
        }
    }
}
