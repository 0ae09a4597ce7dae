import Engine
import Hosting
import Schema
import Testing
import Web

@testable import ChatGateway

struct EntranceTests {
    private let registry = Registry()

    private func entrance(
        perUser: Int = 0, unknown: WaitingConnections<UInt64>.Bounds = .init(), memory: Int = .max
    ) -> Entrance {
        Entrance(
            census: ConnectionCensus(perAddress: 0, perUser: perUser), unknown: unknown,
            memory: MemoryBound(bytes: memory), metrics: GatewayMetrics(registry))
    }

    @Test func aStrangerTooManyPushesOutTheOldestWhereverThatIs() {
        let entrance = entrance(unknown: .init(total: 2))
        let told = Guarded<[String]>([])
        let strangers = (0..<4).map { loop in
            entrance.strangerCame(from: AddressKey("a")) { number, bound in
                told.withLock { $0.append("\(loop) \(number) \(bound)") }
            }
        }
        for stranger in strangers { stranger.pushedOut?.tell() }
        let (first, second) = (strangers[0].number, strangers[1].number)
        let expected = ["0 \(first) unauthenticated", "1 \(second) unauthenticated"]
        #expect(told.withLock { $0 } == expected)
        #expect(registry.exposition().contains("parley_gateway_unauthenticated_connections 2\n"))
    }

    @Test func whoHasSaidWhoTheyAreWaitsNoMore() {
        let entrance = entrance(unknown: .init(perAddress: 1))
        let first = entrance.strangerCame(from: AddressKey("a")) { _, _ in }
        entrance.strangerLeft(first.number)
        entrance.strangerLeft(first.number)
        #expect(entrance.strangerCame(from: AddressKey("a")) { _, _ in }.pushedOut == nil)
        #expect(
            entrance.strangerCame(from: AddressKey("a")) { _, _ in }.pushedOut?.bound
                == .unauthenticatedPerAddress)
    }

    @Test func loopsCountTogether() async throws {
        let entrance = entrance(perUser: 1_000)
        let alice = try #require(UserHandle("alice"))
        let verdicts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<500).reduce(0) { count, _ in count + (entrance.admitted(alice) ? 1 : 0) }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(verdicts == 1_000)
    }

    @Test func whoWasIntroducedByOneLoopIsKnownToAll() throws {
        let entrance = entrance()
        let (alice, bob) = (try #require(UserHandle("alice")), try #require(UserHandle("bob")))
        entrance.introduced(alice)
        #expect(entrance.knows(alice) && !entrance.knows(bob))
    }

    @Test func memoryIsNewsOnceWhicheverLoopLooks() {
        let entrance = entrance(memory: 100)
        let news = [50, 100, 120, 90, 70].map { entrance.weigh($0) }
        #expect(news.map(\.isOver) == [false, true, true, true, false])
        #expect(news.map(\.hasChanged) == [false, true, false, false, true])
        #expect(registry.exposition().contains("parley_gateway_overloaded 0\n"))
    }
}
