import Engine
import Support
import Testing

@testable import Web

/// Two servers, as on two loops, share their bounds.
@Suite struct HTTPOccupancyTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    private func serve(
        _ change: @escaping @Sendable (inout HTTPLimits) -> Void,
        _ body: nonisolated(nonsending) @escaping @Sendable (Scene) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            var limits = HTTPLimits()
            limits.lingerMilliseconds = 50
            change(&limits)
            let occupancy = HTTPOccupancy(limits: limits)
            let servers = (0..<2).map { _ in
                HTTPServer(
                    loop: loop, limits: limits, occupancy: occupancy, handler: { _ in .text("served") })
            }
            let scene = Scene(servers)
            try await body(scene)
            scene.clients.forEach { $0.stream.close() }
            let areGone = await eventually(on: loop) { servers.allSatisfy { $0.connectionCount == 0 } }
            #expect(areGone)
            #expect(occupancy.counts == .init(connections: 0, unfinished: 0, unfinishedBytes: 0))
        }
    }

    private final class Scene {
        let servers: [HTTPServer]
        var clients: [RawClient] = []

        init(_ servers: [HTTPServer]) { self.servers = servers }

        /// Connects to a server.
        func connect(_ server: Int, _ text: String) async throws -> RawClient {
            let client = try await RawClient.connected(to: servers[server], on: servers[server].loop)
            clients.append(client)
            client.send(text)
            return client
        }

        func eventually(_ condition: () -> Bool) async -> Bool {
            await Support.eventually(on: servers[0].loop, condition)
        }
    }

    @Test func theOldestUnfinishedRequestGoesWhicheverServerHasIt() async throws {
        try await serve({ $0.unfinished = 2 }) { scene in
            let first = try await scene.connect(0, "GET / HT")
            let second = try await scene.connect(1, "G")
            let third = try await scene.connect(1, "G")
            #expect(await first.ended())
            #expect(!second.hasEnded && !third.hasEnded)
            #expect(await scene.eventually { scene.servers[0].counts.unfinished == 2 })
        }
    }

    @Test func connectionsOfAnAddressCountTogether() async throws {
        try await serve({ $0.connectionsPerAddress = 1 }) { scene in
            let first = try await scene.connect(0, Self.get)
            #expect(await scene.eventually { first.statuses == ["200 OK"] })
            let second = try await scene.connect(1, "")
            #expect(await scene.eventually { second.statuses == ["429 Too Many Requests"] })
        }
    }

    @Test func theLongestIdleConnectionGivesWayToOneOfAnotherServer() async throws {
        try await serve({ $0.connections = 1 }) { scene in
            let first = try await scene.connect(0, Self.get)
            #expect(await scene.eventually { first.statuses == ["200 OK"] })
            let second = try await scene.connect(1, Self.get)
            #expect(await scene.eventually { second.statuses == ["200 OK"] })
            #expect(await first.ended())
        }
    }

    @Test func manyThreadsComeAndGo() async throws {
        let occupancy = HTTPOccupancy(limits: HTTPLimits())
        await withTaskGroup { group in
            for thread in 0..<4 {
                group.addTask {
                    for _ in 0..<500 {
                        let newcomer = occupancy.came(from: AddressKey("10.0.0.\(thread % 2)"), to: 0)
                        _ = occupancy.unfinished(newcomer.number, bytes: 10)
                        occupancy.busy(newcomer.number)
                        occupancy.idle(newcomer.number)
                        occupancy.left(newcomer.number)
                    }
                }
            }
        }
        #expect(occupancy.counts == .init(connections: 0, unfinished: 0, unfinishedBytes: 0))
    }
}
