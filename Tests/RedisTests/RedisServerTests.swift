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
}
