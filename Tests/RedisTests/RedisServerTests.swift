import Foundation
import Support
import Testing

@Suite struct RedisServerTests {
    @Test func aPortIsNoneFromWhichConnectionsGoOut() throws {
        let text = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_local_port_range", encoding: .utf8)
        let range = text.split { $0.isWhitespace }.compactMap { Int($0) }
        try #require(range.count == 2)
        for _ in 0..<20 { #expect(try !(range[0]...range[1]).contains(RedisServer.freePort())) }
    }

    /// Else two tests that start their servers at once, or one of which has its own down, would share one.
    @Test func aPortIsGivenOnce() throws {
        let ports = try (0..<400).map { _ in try RedisServer.freePort() }
        #expect(Set(ports).count == ports.count)
    }

    /// Somebody who is no test of this process was quicker.
    @Test func whereAnotherAnswersAServerMovesOn() async throws {
        try await onLoop { _ in
            let other = try RedisServer()
            let free = try RedisServer.freePort()
            var ports = [other.port, free]
            let server = try RedisServer { ports.removeFirst() }
            #expect(server.port == free)
        }
    }
}
