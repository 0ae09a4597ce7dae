import Engine
import Hosting
import Redis
import Support
import Testing

@testable import ChatGateway

struct BusMemoryTests {
    private func use(_ text: String) -> BusMemory.Use? { BusMemory.Use(.bulk(Array(text.utf8))) }

    @Test func whatRedisSaysIsRead() {
        let answer = "# Memory\r\nused_memory:1024\r\nused_memory_human:1.00K\r\nmaxmemory:4096\r\n"
        #expect(use(answer) == BusMemory.Use(used: 1_024, most: 4_096))
        let passing = "used_memory:1024\r\nmaxmemory:4096\r\nmem_not_counted_for_evict:24\r\n"
        #expect(use(passing) == BusMemory.Use(used: 1_000, most: 4_096))
        #expect(use("used_memory:1024\r\n") == nil)
        #expect(use("used_memory:-1\r\nmaxmemory:1\r\n") == nil)
        #expect(use("used_memory:1e99\r\nmaxmemory:1\r\n") == nil)
        #expect(BusMemory.Use(.null) == nil)
    }

    /// What is refused from nine tenths on is taken again below 85 hundredths, so that the door does not flap.
    @Test func itIsFullFromNineTenthsOn() {
        let memory = BusMemory(metrics: GatewayMetrics(Registry()))
        var changes: [Int] = []
        for used in [0, 899, 900, 999, 1_200, 850, 849, 899, 900] {
            if memory.heard(.init(used: used, most: 1_000)) { changes.append(used) }
        }
        #expect(changes == [900, 849, 900])
        #expect(memory.isFull)
    }

    @Test func withoutABoundItIsNeverFull() {
        let memory = BusMemory(metrics: GatewayMetrics(Registry()))
        let hasChanged = memory.heard(.init(used: .max, most: 0))
        #expect(!hasChanged && !memory.isFull)
    }

    @Test func operatorsSeeHowFullItIs() {
        let registry = Registry()
        let memory = BusMemory(metrics: GatewayMetrics(registry))
        _ = memory.heard(.init(used: 7, most: 9))
        #expect(registry.exposition().contains("parley_gateway_redis_memory_bytes 7\n"))
        #expect(registry.exposition().contains("parley_gateway_redis_memory_bound_bytes 9\n"))
    }

    /// What was accepted before is told to whoever sends it again; nothing new is put in, and no unit taken.
    @Test func whileItIsFullNothingNewIsAccepted() async throws {
        try await onSender { bench in
            bench.limit(to: 10)
            let once = #""content":"once","client_msg_id":"k-1""#
            let first = try await bench.send(once)
            #expect(first == "accepted 1")
            _ = bench.busMemory.heard(.init(used: 90, most: 100))
            let outcomes = [
                try await bench.send(#""content":"more""#), try await bench.send(once),
                try await bench.send(once + #","retry":true"#),
                try await bench.send(#""content":"new","client_msg_id":"k-2""#),
                try await bench.send(#""content":"new","client_msg_id":"k-2","retry":true"#),
            ]
            let refused = "overloaded"
            #expect(outcomes == [refused, "duplicate 1", "duplicate 1", refused, refused])
            let units = try await bench.units()
            #expect(units == 1)
            _ = bench.busMemory.heard(.init(used: 84, most: 100))
            let again = try await bench.send(#""content":"more""#)
            #expect(again == "accepted 2")
        }
    }

    @Test func redisIsLookedAt() async throws {
        try await onSender { bench in
            let watch = BusMemoryWatch(
                loop: bench.loop, redis: bench.redis, memory: bench.busMemory, log: .silent)
            watch.start()
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "1")
            let isFull = await eventually(on: bench.loop) { bench.busMemory.isFull }
            #expect(isFull)
            _ = try await bench.call("CONFIG", "SET", "maxmemory", "0")
            let hasRoom = await eventually(on: bench.loop) { !bench.busMemory.isFull }
            #expect(hasRoom)
            watch.stop()
        }
    }
}
