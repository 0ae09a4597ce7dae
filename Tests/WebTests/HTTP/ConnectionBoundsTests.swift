import Engine
import Support
import Testing

@testable import Web

/// Who is let in, and who has to go, over real sockets.
@Suite struct ConnectionBoundsTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    /// Runs `body` against a server with these limits; it is given a way to connect, and what was refused so far.
    private func serve(
        _ change: @escaping @Sendable (inout HTTPLimits) -> Void, proxies: String = "",
        _ body: nonisolated(nonsending) @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            var limits = HTTPLimits()
            limits.lingerMilliseconds = 50
            change(&limits)
            let server = HTTPServer(
                loop: loop, limits: limits, proxies: try #require(TrustedProxies(proxies)),
                handler: { _ in .text("served") })
            let scene = Scene(server)
            try await body(scene)
            scene.clients.forEach { $0.stream.close() }
            _ = await eventually(on: loop) { server.connectionCount == 0 }
            #expect(server.counts == .init(connections: 0, unfinished: 0, unfinishedBytes: 0))
        }
    }

    private final class Scene {
        let server: HTTPServer
        var clients: [RawClient] = []
        var refused: [HTTPRefusal] = []

        init(_ server: HTTPServer) {
            self.server = server
            server.onRefused = { [unowned self] in refused.append($0) }
        }

        func connect(_ text: String = "") async throws -> RawClient {
            let client = try await RawClient.connected(to: server, on: server.loop)
            clients.append(client)
            client.send(text)
            return client
        }

        func eventually(_ condition: () -> Bool) async -> Bool {
            await Support.eventually(on: server.loop, condition)
        }
    }

    @Test func theOldestUnfinishedRequestGoes() async throws {
        try await serve({ $0.unfinished = 2 }) { scene in
            let first = try await scene.connect("GET / HT")
            let second = try await scene.connect()
            let third = try await scene.connect(Self.get)
            #expect(await first.ended())
            #expect(first.received.isEmpty)
            #expect(await scene.eventually { third.statuses == ["200 OK"] })
            #expect(scene.refused == [.unfinished])
            // A place is free again, and whoever has been served does not take one.
            let fourth = try await scene.connect()
            #expect(await second.exchange(Self.get) { $0.statuses == ["200 OK"] })
            #expect(!third.hasEnded && !fourth.hasEnded)
            #expect(scene.server.counts.unfinished == 1)
        }
    }

    @Test func theOldestUnfinishedRequestOfItsAddressGoes() async throws {
        try await serve({ $0.unfinishedPerAddress = 1 }) { scene in
            let first = try await scene.connect("G")
            _ = try await scene.connect("G")
            #expect(await first.ended())
            #expect(scene.refused == [.unfinishedPerAddress])
        }
        try await serve({ $0.unfinishedPerAddress = 1 }, proxies: "127.0.0.0/8") { scene in
            for _ in 0..<3 { _ = try await scene.connect("G") }
            #expect(scene.server.counts.unfinished == 3)
            #expect(scene.refused == [])
        }
    }

    /// A request that begins anew on a connection that was served before counts too.
    @Test func aConnectionThatWasServedCountsAgain() async throws {
        try await serve({ $0.unfinished = 1 }) { scene in
            let first = try await scene.connect(Self.get)
            #expect(await scene.eventually { first.statuses.count == 1 })
            first.send("GET")
            #expect(await scene.eventually { scene.server.counts.unfinished == 1 })
            _ = try await scene.connect()
            #expect(await first.ended())
        }
    }

    @Test func unfinishedRequestsHoldSoMuchTogether() async throws {
        try await serve({ $0.unfinishedBytes = 100_000 }) { scene in
            let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 90000\r\n\r\n"
            let part = String(repeating: "x", count: 60_000)
            let first = try await scene.connect(post + part)
            #expect(await scene.eventually { scene.server.counts.unfinishedBytes > 60_000 })
            let second = try await scene.connect(post + part)
            #expect(await first.ended())
            #expect(scene.refused == [.unfinishedBytes])
            #expect(
                await second.exchange(String(repeating: "x", count: 30_000)) { $0.statuses == ["200 OK"] })
        }
    }

    @Test func oneAddressMayHaveSoManyConnections() async throws {
        try await serve({ $0.connectionsPerAddress = 1 }) { scene in
            let first = try await scene.connect()
            let second = try await scene.connect()
            #expect(await second.ended())
            #expect(second.statuses == ["429 Too Many Requests"])
            #expect(second.text.contains("too_many_connections"))
            first.stream.close()
            #expect(await scene.eventually { scene.server.connectionCount == 0 })
            let third = try await scene.connect(Self.get)
            #expect(await scene.eventually { third.statuses == ["200 OK"] })
        }
    }

    /// Each that is told why holds a socket while it reads on: a flood is not told.
    @Test func aFloodIsNotAnswered() async throws {
        try await serve({
            $0.connectionsPerAddress = 1
            $0.lingerMilliseconds = 60_000
        }) { scene in
            for _ in 0..<30 { _ = try await scene.connect() }
            #expect(await scene.eventually { scene.clients.filter(\.hasEnded).count == 29 })
            #expect(scene.clients.filter { !$0.statuses.isEmpty }.count == 8)
            #expect(scene.server.connectionCount == 9)
        }
    }

    @Test func whoIsIdleMakesRoom() async throws {
        try await serve({ $0.connections = 2 }) { scene in
            let first = try await scene.connect(Self.get)
            #expect(await scene.eventually { first.statuses.count == 1 })
            let second = try await scene.connect(Self.get)
            #expect(await scene.eventually { second.statuses.count == 1 })
            let third = try await scene.connect(Self.get)
            #expect(await first.ended())
            #expect(await scene.eventually { third.statuses == ["200 OK"] })
            #expect(!second.hasEnded)
        }
    }

    /// A byte now and then does not prolong the time, wherever in the header.
    ///
    /// The bound is long, so that the first bytes come within it on a machine that is busy with all other tests.
    @Test(arguments: ["\r\n", "GET /", "GET / HTTP/1.1\r\nHost: h\r\nX: "])
    func dripsDoNotProlongTheTimeOfAHeader(begin: String) async throws {
        try await serve({ $0.headerMilliseconds = 2_000 }) { scene in
            let client = try await scene.connect(begin)
            let drip = client.stream.loop.scheduleRepeating(everyMilliseconds: 20) { client.send("x") }
            #expect(await client.ended())
            drip.cancel()
            #expect(client.statuses == ["408 Request Timeout"])
            #expect(scene.refused == [.headerTime])
        }
    }

    @Test func dripsDoNotProlongTheTimeOfABody() async throws {
        try await serve({ $0.bodyMilliseconds = 300 }) { scene in
            let client = try await scene.connect(
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            let drip = client.stream.loop.scheduleRepeating(everyMilliseconds: 20) {
                client.send("1\r\nx\r\n")
            }
            #expect(await client.ended())
            drip.cancel()
            #expect(client.statuses == ["408 Request Timeout"])
            #expect(scene.refused == [.bodyTime])
        }
    }
}
