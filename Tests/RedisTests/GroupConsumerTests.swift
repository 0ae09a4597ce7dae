import Engine
import Support
import Testing

@testable import Redis

@Suite struct GroupConsumerTests {
    @Test func makesItsGroupAndTakesWhatIsThere() async throws {
        try await withClient { server, client, loop in
            _ = try await client.call("XADD", "rpc", "*", "n", "early")
            let taken = Taken()
            let consumer = try consumer("one", of: server, on: loop, taken)
            defer { consumer.close() }
            #expect(await eventually(on: loop) { taken.numbers == ["early"] })
            _ = try await client.call("XADD", "rpc", "*", "n", "late")
            #expect(await eventually(on: loop) { taken.numbers == ["early", "late"] })
        }
    }

    @Test func sharesEntriesWithTheOthers() async throws {
        try await withClient { server, client, loop in
            let taken = Taken()
            let consumers = try ["one", "two"].map { try consumer($0, of: server, on: loop, taken) }
            defer { for consumer in consumers { consumer.close() } }
            for number in 0..<200 { client.call(["XADD", "rpc", "*", "n", RedisArgument(number)]) { _ in } }
            #expect(await eventually(on: loop) { taken.numbers.count == 200 })
            #expect(Set(taken.numbers).count == 200)
            #expect(try await client.call("XPENDING", "rpc", "group")[0] == .integer(0))
        }
    }

    @Test func makesTheGroupAgainWhenRedisHasLostIt() async throws {
        try await withClient { server, client, loop in
            let taken = Taken()
            let consumer = try consumer("one", of: server, on: loop, taken)
            defer { consumer.close() }
            _ = try await client.call("XADD", "rpc", "*", "n", "1")
            #expect(await eventually(on: loop) { taken.numbers == ["1"] })
            _ = try await client.call("FLUSHALL")
            _ = try await client.call("XADD", "rpc", "*", "n", "2")
            #expect(await eventually(on: loop) { taken.numbers == ["1", "2"] })
        }
    }

    private func consumer(
        _ name: String, of server: RedisServer, on loop: EventLoop, _ taken: Taken
    ) throws -> GroupConsumer {
        let consumer = GroupConsumer(
            loop: loop, address: try RedisAddress(url: server.url), name: name, stream: "rpc", group: "group",
            consumer: name)
        consumer.onEntries = { taken.numbers += $0.compactMap { $0.text("n") } }
        consumer.start()
        return consumer
    }
}

/// What the callbacks of a test were called with.
private final class Taken {
    var numbers: [String] = []
}
