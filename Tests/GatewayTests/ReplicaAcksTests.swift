import Engine
import Hosting
import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

/// `REDIS_ACK_REPLICAS`: what is acknowledged, a replica has (protocol, 4.3, promise 2).
struct ReplicaAcksTests {
    /// A replica of the bench's Redis, once it is in step with it.
    private func replica(of bench: SenderBench) async throws -> RedisServer {
        let replica = try RedisServer(options: ["--replicaof", "127.0.0.1", "\(bench.server.port)"])
        var inStep = ""
        let deadline = Instant.current().advanced(byMilliseconds: 60_000)
        while !inStep.contains("state=online"), Instant.current() < deadline {
            await bench.loop.sleep(milliseconds: 20)
            inStep = try await bench.call("INFO", "replication").text ?? ""
        }
        try #require(inStep.contains("state=online"))
        return replica
    }

    @Test func whatIsAcknowledgedTheReplicaHas() async throws {
        try await onSender(replicas: 1) { bench in
            let replica = try await replica(of: bench)
            for number in 1...50 {
                let sent = try await bench.send(#""content":"\#(number)""#)
                #expect(sent == "accepted \(number)")
                // The primary dies here: nobody asks it any more.
                let there = try replica.ask("XLEN", Keys.recent(.general))
                #expect(there == "\(number)")
            }
        }
    }

    /// A replica that stands still acknowledges nothing, and nor do we; when it goes on, the same message is a duplicate.
    @Test func withoutTheReplicaTheOutcomeIsUnknown() async throws {
        try await onSender(replicas: 1) { bench in
            bench.limit(to: 10)
            let replica = try await replica(of: bench)
            replica.freeze()
            let message = #""content":"hello","client_msg_id":"k-1""#
            let outcomes = try await bench.sendTogether([message, message])
            #expect(outcomes == ["timeout", "timeout"])
            // It has its place, and others have heard of it.
            let length = try await bench.call("XLEN", Keys.recent(.general))
            #expect(length.int == 1)
            replica.thaw()
            let again = try await bench.send(message)
            #expect(again == "duplicate 1")
            let units = try await bench.units()
            #expect(units == 1)
        }
    }

    @Test func aReplicaThatComesInTimeIsWaitedFor() async throws {
        try await onSender(replicas: 1) { bench in
            let replica = try await replica(of: bench)
            replica.freeze()
            var isThawed = false
            bench.loop.schedule(afterMilliseconds: 1_500) {
                isThawed = true
                replica.thaw()
            }
            let sent = try await bench.send(#""content":"hello""#)
            #expect(sent == "accepted 1")
            #expect(isThawed)
        }
    }

    @Test func oneReplicaIsNotTwo() async throws {
        try await onSender(replicas: 2) { bench in
            let replica = try await replica(of: bench)
            let sent = try await bench.send(#""content":"hello""#)
            #expect(sent == "timeout")
            withExtendedLifetime(replica) {}
        }
    }

    @Test func whatIsInTheArchiveNeedsNoReplica() async throws {
        try await onSender(replicas: 1) { bench in
            let message = #""content":"hello","client_msg_id":"k-1""#
            let unknown = try await bench.send(message)
            _ = try await bench.call("HSET", Keys.room(.general), "stored", "1")
            let known = try await bench.send(message)
            #expect([unknown, known] == ["timeout", "duplicate 1"])
        }
    }

    /// An operator may have the primary itself refuse writes without replicas: those certainly had no effect.
    @Test func aPrimaryThatMustHaveReplicasTakesNothingWithoutThem() async throws {
        try await onSender { bench in
            bench.limit(to: 10)
            _ = try await bench.call("CONFIG", "SET", "min-replicas-to-write", "1")
            let refused = try await bench.send(#""content":"hello""#)
            #expect(refused == "bus_unavailable")
            _ = try await bench.call("CONFIG", "SET", "min-replicas-to-write", "0")
            let sent = try await bench.send(#""content":"hello""#)
            #expect(sent == "accepted 1")
        }
    }

    /// Another run of Redis may never have had the message, whatever its replicas say.
    @Test func replicasOfAnotherRunProveNothing() async throws {
        try await onSender(replicas: 1) { bench in
            let replica = try await replica(of: bench)
            let message = try bench.message(#""content":"hello""#)
            message.begin(in: SendLane(), at: bench.loop.now) { _ in }
            let acks = ReplicaAcks(
                needed: 1, loop: bench.loop, address: try RedisAddress(url: bench.server.url), name: "other",
                incarnation: "other.1", tooFew: GatewayMetrics(Registry()).tooFewReplicas)
            acks.start()
            var answers: [Bool] = []
            acks.wait(for: message, acceptedIn: "another run") { answers.append($0) }
            acks.wait(for: message, acceptedIn: bench.redis.runID ?? "") { answers.append($0) }
            let isAnswered = await eventually(on: bench.loop) { answers.count == 2 }
            #expect(isAnswered)
            #expect(answers == [false, true])
            acks.close()
            withExtendedLifetime(replica) {}
        }
    }
}
