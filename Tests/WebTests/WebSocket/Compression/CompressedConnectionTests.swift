import Engine
import Support
import Testing

@testable import Web

/// permessage-deflate from the handshake on, over a real socket.
@Suite struct CompressedConnectionTests {
    private final class Seen {
        var connection: WebSocketConnection?
        var ends: [CloseInfo] = []
        var spared = 0
        var inflated: [String] = []
    }

    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]
    private static let long = String(repeating: "hello ", count: 100)

    /// Opens a WebSocket whose server answers each text with the same.
    private func open(
        _ offer: String = "permessage-deflate; client_max_window_bits",
        _ body: @escaping @Sendable (RawClient, Seen) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let seen = Seen()
            let compression = Compression(minimumBytes: 100)
            compression.onSpared = { seen.spared += $0 }
            compression.onInflated = { seen.inflated.append("\($0) \($1)") }
            var limits = WebSocketLimits()
            limits.lingerMilliseconds = 50
            let server = HTTPServer(loop: loop, handler: { _ in Problem.notFound.response }) {
                [limits] request in
                .webSocket(request, limits: limits, compression: compression) { connection in
                    seen.connection = connection
                    connection.owner = ClosureOwner(
                        onText: { [unowned connection] in connection.send(MessageFrame(text: $0)) },
                        onClosed: { seen.ends.append($0) })
                }
            }
            let client = try await RawClient.connected(to: server, on: loop)
            let request =
                "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Extensions: \(offer)\r\n\r\n"
            #expect(await client.exchange(request) { $0.text.contains("\r\n\r\n") })
            try await body(client, seen)
            client.stream.close()
            #expect(await eventually(on: loop) { seen.ends.count == 1 })
            seen.connection = nil
        }
    }

    private func talk(
        _ frames: [UInt8], _ body: @escaping @Sendable (RawClient, Seen) async throws -> Void
    ) async throws {
        try await open { client, seen in
            client.received = []
            client.stream.send(frames)
            try await body(client, seen)
        }
    }

    private func expect(_ frames: [UInt8], closes error: WebError) async throws {
        try await talk(frames) { client, seen in
            #expect(await client.ended())
            let (code, reason) = error.close
            let close = FrameEncoder.close(CloseFrame(code: code, reason: reason))
            #expect(client.received == close.withUnsafeBytes { Array($0) })
            #expect(seen.ends.first?.error == error)
        }
    }

    private static func served(_ payload: [UInt8]) -> [UInt8] { clientFrame(1, payload, isMasked: false) }

    @Test func agrees() async throws {
        try await open { client, _ in
            #expect(
                client.text.contains(
                    "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                        + "client_no_context_takeover\r\n"))
        }
    }

    @Test(arguments: [
        "x-other", "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=8",
    ])
    func speaksPlainlyWhereNothingIsAgreed(offer: String) async throws {
        try await open(offer) { client, seen in
            #expect(client.statuses == ["101 Switching Protocols"])
            #expect(!client.text.contains("Sec-WebSocket-Extensions"))
            client.received = []
            client.stream.send(clientFrame(1, Array(Self.long.utf8)))
            #expect(await client.exchange("") { $0.received == Self.served(Array(Self.long.utf8)) })
            client.received = []
            client.stream.send(clientFrame(1, Self.hello, reserved: 0x40))
            #expect(await client.ended())
            #expect(seen.ends.first?.error == .protocolViolation("reserved bit"))
            #expect(seen.spared == 0)
        }
    }

    @Test func takesCompressedMessagesAndPlainOnes() async throws {
        let frames =
            clientFrame(1, Self.hello, reserved: 0x40) + clientFrame(1, Array("plain".utf8))
            + clientFrame(1, Array(Self.hello[..<3]), isFinal: false, reserved: 0x40) + clientFrame(9, [1])
            + clientFrame(0, Array(Self.hello[3...]))
        try await talk(frames) { client, seen in
            let hello = Self.served(Array("Hello".utf8))
            let expected = hello + Self.served(Array("plain".utf8)) + [0x8A, 1, 1] + hello
            #expect(await client.exchange("") { $0.received == expected })
            #expect(seen.inflated == ["7 5", "7 5"])
        }
    }

    @Test func compressesWhatIsLong() async throws {
        try await talk(clientFrame(1, Array(Self.long.utf8))) { client, seen in
            #expect(await client.exchange("") { ($0.received.first ?? 0) & 0x40 != 0 })
            let payload = Array(client.received.dropFirst(2))
            #expect(Int(client.received[1]) == payload.count)
            let inflater = Inflater()
            let plain = try payload.withUnsafeBytes { bytes in
                try inflater.inflate(bytes, limit: 1_000).withUnsafeBytes { Array($0) }
            }
            #expect(plain == Array(Self.long.utf8))
            #expect(seen.spared == 604 - client.received.count)
            // A close frame never is.
            seen.connection?.close(.normal, reason: String(repeating: "a", count: 120))
            #expect(await client.ended())
            #expect(client.received[payload.count + 2] == 0x88)
        }
    }

    @Test func closesOnWhatCannotBeInflated() async throws {
        try await expect(clientFrame(1, [0xFF], reserved: 0x40), closes: .invalidDeflate)
    }

    @Test func closesOnInflatedTextThatIsNoUTF8() async throws {
        try await expect(
            clientFrame(1, [0, 2, 0, 0xFD, 0xFF, 0xC3, 0x28, 0], reserved: 0x40), closes: .invalidUTF8)
        // Cut within a character.
        try await expect(
            clientFrame(1, [0, 1, 0, 0xFE, 0xFF, 0xC3, 0], reserved: 0x40), closes: .invalidUTF8)
    }

    @Test func closesOnABomb() async throws {
        let deflater = try #require(Deflater(windowBits: 15))
        var memory = [UInt8](repeating: 0, count: 65_536)
        let count = [UInt8](repeating: 0x61, count: 8 << 20).withUnsafeBytes { plain in
            memory.withUnsafeMutableBytes { deflater.deflate(plain, into: $0) }
        }
        let bomb = Array(memory[..<(try #require(count))])
        try await expect(clientFrame(1, bomb, reserved: 0x40), closes: .messageTooBig(limit: 65_536))
    }

    @Test(arguments: [9, 10, 8] as [UInt8]) func neverTakesCompressedControlFrames(opcode: UInt8) async throws
    {
        try await expect(
            clientFrame(opcode, Self.hello, reserved: 0x40), closes: .protocolViolation("reserved bit"))
    }
}
