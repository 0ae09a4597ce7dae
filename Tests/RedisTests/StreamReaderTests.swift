import Engine
import Support
import Testing

@testable import Redis

@Suite struct StreamReaderTests {
    @Test func readsEveryEntryInOrder() async throws {
        try await withReader { _, client, reader, loop, seen in
            for number in 0..<1_200 { client.call(["XADD", "s", "*", "n", RedisArgument(number)]) { _ in } }
            reader.read("s", after: "0-0")
            #expect(await eventually(on: loop) { seen.numbers.count == 1_200 })
            #expect(seen.numbers == (0..<1_200).map { "\($0)" })
            _ = try await client.call("XADD", "s", "*", "n", "later")
            #expect(await eventually(on: loop) { seen.numbers.last == "later" })
        }
    }

    @Test func readsFromTheEndWithoutAHole() async throws {
        try await withReader { _, client, reader, loop, seen in
            _ = try await client.call("XADD", "s", "*", "n", "old")
            reader.read("s", after: "$")
            reader.read("empty", after: "$")
            #expect(await eventually(on: loop) { reader.position(of: "s") != "$" })
            #expect(await eventually(on: loop) { reader.position(of: "empty") == "0-0" })
            for number in 0..<50 { _ = try await client.call("XADD", "s", "*", "n", RedisArgument(number)) }
            _ = try await client.call("XADD", "empty", "*", "n", "first")
            #expect(await eventually(on: loop) { seen.numbers.count == 51 })
            #expect(seen.numbers.filter { $0 != "first" } == (0..<50).map { "\($0)" })
        }
    }

    @Test func goesOnWhereItStoodAfterARestart() async throws {
        try await withReader { server, client, reader, loop, seen in
            reader.read("s", after: "0-0")
            _ = try await client.call("XADD", "s", "*", "n", "1")
            #expect(await eventually(on: loop) { seen.numbers == ["1"] })
            server.kill()
            #expect(await eventually(on: loop) { seen.ends == 1 })
            try server.start()
            #expect(await eventually(on: loop) { client.isConnected && reader.isConnected })
            _ = try await client.call("XADD", "s", "*", "n", "2")
            #expect(await eventually(on: loop) { seen.numbers == ["1", "2"] })
            #expect(seen.runs.count == 2 && seen.runs.first != seen.runs.last)
        }
    }

    @Test func noticesASilentServer() async throws {
        try await withReader { server, _, reader, loop, seen in
            reader.read("s", after: "0-0")
            #expect(await eventually(on: loop) { seen.runs.count == 1 })
            server.freeze()
            #expect(await eventually(on: loop) { seen.ends == 1 })
            server.thaw()
            #expect(await eventually(on: loop) { seen.runs.count == 2 })
        }
    }

    @Test func readsFromAnotherPlaceWhenTold() async throws {
        try await withReader { _, client, reader, loop, seen in
            _ = try await client.call("XADD", "s", "1-1", "n", "1")
            reader.read("s", after: "0-0")
            #expect(await eventually(on: loop) { seen.numbers == ["1"] })
            reader.read("s", after: "0-0")
            #expect(await eventually(on: loop) { seen.numbers == ["1", "1"] })
            #expect(reader.position(of: "s") == "1-1")
        }
    }

    @Test func restsWhilePaused() async throws {
        try await withReader { _, client, reader, loop, seen in
            reader.pause()
            reader.read("s", after: "0-0")
            _ = try await client.call("XADD", "s", "*", "n", "1")
            _ = try await client.call("PING")
            #expect(seen.numbers.isEmpty)
            reader.resume()
            #expect(await eventually(on: loop) { seen.numbers == ["1"] })
        }
    }

    private func withReader(
        _ body:
            @escaping @Sendable (RedisServer, RedisClient, StreamReader, EventLoop, Seen) async throws -> Void
    ) async throws {
        try await withClient(appendOnly: true) { server, client, loop in
            let reader = StreamReader(
                loop: loop, address: try RedisAddress(url: server.url), name: "test-reader")
            let seen = Seen()
            reader.onEntries = { _, entries in seen.numbers += entries.compactMap { $0.text("n") } }
            reader.onConnected = { seen.runs.append($0) }
            reader.onDisconnected = { seen.ends += 1 }
            reader.start()
            defer { reader.close() }
            try #require(await eventually(on: loop) { reader.isConnected })
            try await body(server, client, reader, loop, seen)
        }
    }
}

/// What the callbacks of a test were called with.
private final class Seen {
    var numbers: [String] = []
    var runs: [RunID] = []
    var ends = 0
}
