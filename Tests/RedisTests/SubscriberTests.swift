import Engine
import Support
import Testing

@testable import Redis

@Suite struct SubscriberTests {
    @Test func hearsWhatIsPublishedOnceReady() async throws {
        try await withSubscriber { _, client, subscriber, loop in
            let heard = Heard()
            subscriber.subscribe(
                "a", onMessage: { heard.messages.append(Array($0)) }, onReady: { heard.ready += 1 })
            #expect(await eventually(on: loop) { heard.ready == 1 })
            _ = try await client.call("SPUBLISH", "a", .bytes([0, 1, 255]))
            _ = try await client.call("SPUBLISH", "b", "not this")
            #expect(await eventually(on: loop) { heard.messages == [[0, 1, 255]] })
        }
    }

    @Test func fallsSilentAfterUnsubscribing() async throws {
        try await withSubscriber { _, client, subscriber, loop in
            let heard = Heard()
            subscriber.subscribe(
                "a", onMessage: { heard.messages.append(Array($0)) }, onReady: { heard.ready += 1 })
            #expect(await eventually(on: loop) { heard.ready == 1 })
            subscriber.unsubscribe("a")
            var left = false
            while !left { left = try await client.call("SPUBLISH", "a", "x") == .integer(0) }
            #expect(heard.messages.isEmpty)
        }
    }

    @Test func subscribesAgainWhenItsConnectionIsKilled() async throws {
        try await withSubscriber { _, client, subscriber, loop in
            let heard = Heard()
            var ends = 0
            subscriber.onDisconnect = { ends += 1 }
            subscriber.subscribe(
                "a", onMessage: { heard.messages.append(Array($0)) }, onReady: { heard.ready += 1 })
            #expect(await eventually(on: loop) { heard.ready == 1 })
            #expect(try await client.call("CLIENT", "KILL", "TYPE", "pubsub") == .integer(1))
            #expect(await eventually(on: loop) { heard.ready == 2 })
            _ = try await client.call("SPUBLISH", "a", "x")
            #expect(await eventually(on: loop) { heard.messages.count == 1 })
            #expect(ends == 1)
        }
    }

    /// A server that is made a replica goes on with who listens: it has to be left.
    @Test func goesWhereCommandsGo() async throws {
        try await withSubscriber { _, client, subscriber, loop in
            let heard = Heard()
            var ends = 0
            subscriber.onDisconnect = { ends += 1 }
            subscriber.subscribe("a", onMessage: { _ in }, onReady: { heard.ready += 1 })
            #expect(await eventually(on: loop) { heard.ready == 1 })
            subscriber.keepTo(try #require(client.runID))
            #expect(ends == 0)
            subscriber.keepTo("another")
            #expect(await eventually(on: loop) { ends == 1 && heard.ready == 2 })
        }
    }

    @Test func holdsTenThousandChannelsThroughARestart() async throws {
        try await withSubscriber { server, client, subscriber, loop in
            let heard = Heard()
            var ends = 0
            subscriber.onDisconnect = { ends += 1 }
            for number in 0..<10_000 {
                subscriber.subscribe(
                    "channel:\(number)", onMessage: { _ in heard.messages.append([]) },
                    onReady: { heard.ready += 1 })
            }
            #expect(await eventually(on: loop) { heard.ready == 10_000 })
            #expect(ends == 0)
            server.kill()
            #expect(await eventually(on: loop) { !subscriber.isConnected })
            try server.start()
            #expect(await eventually(on: loop) { heard.ready == 20_000 && client.isConnected })
            #expect(ends == 1)
            #expect(try await client.call("SPUBLISH", "channel:9999", "x") == .integer(1))
            #expect(await eventually(on: loop) { heard.messages.count == 1 })
        }
    }

    @Test func triesAgainWhatItWasRefused() async throws {
        try await withSubscriber { _, client, subscriber, loop in
            let heard = Heard()
            _ = try await client.call("ACL", "SETUSER", "default", "resetchannels")
            _ = try? await client.call("CLIENT", "KILL", "TYPE", "pubsub")
            subscriber.subscribe("a", onMessage: { _ in }, onReady: { heard.ready += 1 })
            subscriber.subscribe("b", onMessage: { _ in }, onReady: { heard.ready += 1 })
            _ = try await client.call("ACL", "SETUSER", "default", "allchannels")
            #expect(await eventually(on: loop) { heard.ready == 2 })
        }
    }

    private func withSubscriber(
        _ body: @escaping @Sendable (RedisServer, RedisClient, Subscriber, EventLoop) async throws -> Void
    ) async throws {
        try await withClient { server, client, loop in
            let subscriber = Subscriber(
                loop: loop, address: try RedisAddress(url: server.url), name: "test-sub")
            subscriber.start()
            defer { subscriber.close() }
            try #require(await eventually(on: loop) { subscriber.isConnected })
            try await body(server, client, subscriber, loop)
        }
    }
}

/// What the callbacks of a test were called with.
private final class Heard {
    var messages: [[UInt8]] = []
    var ready = 0
}
