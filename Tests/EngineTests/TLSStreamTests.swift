import Support
import Testing

@testable import Engine

/// A stream by TLS keeps what a plain one promises.
struct TLSStreamTests {
    private func echo(_ stream: Stream) {
        stream.onReceive = { stream.send(Array($0)) }
    }

    @Test(arguments: [1, 16_384, 16_385, 3_000_000]) func everyByteComesBackInOrder(size: Int) async throws {
        let fixture = try await TLSFixture.shared.value
        let same = try await onLoop { loop in
            let stream = try await fixture.connected(loop, echo)
            let sent = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var received: [UInt8] = []
            stream.onReceive = { received += $0 }
            for start in stride(from: 0, to: size, by: 1_000) {
                stream.send(Array(sent[start..<min(start + 1_000, size)]))
            }
            _ = await eventually(on: loop) { received.count == size }
            stream.close()
            return received == sent
        }
        #expect(same)
    }

    @Test func bothSidesHearOfTheEndOnce() async throws {
        let fixture = try await TLSFixture.shared.value
        let ends = try await onLoop { loop in
            var ends: [String] = []
            let stream = try await fixture.connected(loop) { served in
                served.onClose = { ends.append("served \($0 == nil)") }
            }
            stream.onClose = { ends.append("own \($0 == nil)") }
            stream.close()
            stream.close()
            _ = await eventually(on: loop) { ends.count == 2 }
            // A few more turns, in which a second call of either would come.
            await loop.sleep(milliseconds: 5)
            return ends.sorted()
        }
        #expect(ends == ["own true", "served true"])
    }

    @Test func whatIsQueuedLeavesBeforeTheClose() async throws {
        let fixture = try await TLSFixture.shared.value
        let (received, wasOrderly) = try await onLoop { loop in
            var (received, end) = (0, EngineError?.some(.overloaded))
            var closed = false
            // Before the handshake even: it waits for that too.
            let stream = try await fixture.connected(loop) { served in
                served.send([UInt8](repeating: 7, count: 2_000_000))
                served.closeAfterFlush()
                served.send([1, 2, 3])
            }
            stream.onReceive = { received += $0.count }
            stream.onClose = {
                end = $0
                closed = true
            }
            _ = await eventually(on: loop) { closed }
            return (received, end == nil)
        }
        #expect(received == 2_000_000)
        #expect(wasOrderly)
    }

    @Test func aHalfThatIsEndedStillReceives() async throws {
        let fixture = try await TLSFixture.shared.value
        let received = try await onLoop { loop in
            var received = ""
            let stream = try await fixture.connected(loop) { served in
                served.onEnd = {
                    served.send(Array("after the end".utf8))
                    served.closeAfterFlush()
                }
            }
            stream.onReceive = { received += String(decoding: $0, as: UTF8.self) }
            stream.send([1])
            stream.shutdownWrite()
            _ = await eventually(on: loop) { !received.isEmpty }
            stream.close()
            return received
        }
        #expect(received == "after the end")
    }

    @Test func aReaderThatStallsCostsNoMoreThanTheLimit() async throws {
        let fixture = try await TLSFixture.shared.value
        let error = try await onLoop { loop in
            var error: EngineError?
            let stream = try await fixture.connected(loop) { served in
                served.sendLimit = 1_000_000
                served.onClose = { error = $0 }
                served.onReceive = { _ in
                    loop.scheduleRepeating(everyMilliseconds: 1) {
                        served.send([UInt8](repeating: 0, count: 500_000))
                    }
                }
            }
            stream.send([1])
            stream.pauseReading()
            _ = await eventually(on: loop) { error != nil }
            stream.close()
            return error
        }
        #expect(error == .sendQueueFull)
    }

    @Test func tellsWhenTheQueueHasDrained() async throws {
        let fixture = try await TLSFixture.shared.value
        let drained = try await onLoop { loop in
            var drained = false
            let stream = try await fixture.connected(loop) { served in
                served.sendLimit = 100_000_000
                served.onDrain = { drained = true }
                served.send([UInt8](repeating: 0, count: 50_000_000))
            }
            stream.pauseReading()
            // Turns in which a drain told too early would be told; nobody reads, so there is nothing to wait for.
            await loop.sleep(milliseconds: 5)
            let early = drained
            stream.resumeReading()
            _ = await eventually(on: loop) { drained }
            stream.close()
            return (early, drained)
        }
        #expect(drained == (false, true))
    }

    @Test func whatIsDroppedWhileARecordIsUnderWayCutsNothing() async throws {
        let fixture = try await TLSFixture.shared.value
        let (whole, received) = try await onLoop { loop in
            let size = 1_000
            var server: Stream?
            let stream = try await fixture.connected(loop) { server = $0 }
            var received: [UInt8] = []
            stream.onReceive = { received += $0 }
            stream.pauseReading()
            _ = await eventually(on: loop) { server != nil }
            guard let server else { return (false, 0) }
            for number in 0..<20_000 {
                server.send([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size))
            }
            // The kernel is full once a turn has taken nothing more.
            var before = -1
            _ = await eventually(on: loop) {
                defer { before = server.queuedBytes }
                return server.queuedBytes == before
            }
            server.dropWaiting()
            server.send([UInt8](repeating: 255, count: size - 1))
            stream.resumeReading()
            let hasCome = await eventually(on: loop) {
                received.count % size == size - 1 && received.last == 255
            }
            stream.close()
            let pieces = stride(from: 0, to: received.count, by: size).map {
                Set(received[$0..<min($0 + size, received.count)])
            }
            return (hasCome && pieces.allSatisfy { $0.count == 1 }, received.count)
        }
        #expect(whole)
        #expect(received > 100_000 && received < 20_000_000)
    }

    @Test func anEndWithoutAWordIsAnError() async throws {
        let fixture = try await TLSFixture.shared.value
        let ends = try await onLoop { loop in
            var ends: [EngineError?] = []
            let listener = try fixture.listen(on: loop) { served in
                served.onReceive = { _ in }
                served.onClose = { ends.append($0) }
            }
            // Somebody between the two who cuts: no close_notify comes with that end.
            let relay = try await Relay(loop: loop, to: listener.port)
            let stream = try await Stream.connect(
                loop: loop, host: "localhost", port: relay.port, tls: fixture.client,
                timeoutMilliseconds: 30_000)
            stream.onClose = { ends.append($0) }
            relay.cut()
            _ = await eventually(on: loop) { ends.count == 2 }
            listener.close()
            return ends
        }
        // Which one is the kernel's choice: what was unread at the cut makes it a reset.
        #expect(ends.count == 2 && ends.allSatisfy { $0 != nil })
    }
}

/// Passes the bytes of one connection on, both ways, until it cuts.
private final class Relay {
    var port: Int { listener?.port ?? 0 }
    private var listener: Listener?
    private var ends: [Stream] = []

    init(loop: EventLoop, to port: Int) async throws {
        let far = try await Stream.connect(
            loop: loop, host: "127.0.0.1", port: port, timeoutMilliseconds: 30_000)
        ends = [far]
        listener = try Listener(loop: loop, host: "127.0.0.1", port: 0) { [weak self] near in
            self?.ends.append(near)
            near.onReceive = { far.send(Array($0)) }
            far.onReceive = { near.send(Array($0)) }
        }
    }

    func cut() {
        listener?.close()
        ends.forEach { $0.close() }
    }
}
