import Glibc
import Support
import Testing

@testable import Engine

struct StreamTests {
    /// A listener whose connections are handed to `serve`, and one stream connected to it.
    private func connected(_ loop: EventLoop, _ serve: @escaping (Stream) -> Void) async throws -> Stream {
        let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0, onAccept: serve)
        defer { loop.schedule(afterMilliseconds: 30_000) { listener.close() } }
        return try await Stream.connect(
            loop: loop, host: "localhost", port: listener.port, timeoutMilliseconds: 30_000)
    }

    private func echo(_ stream: Stream) {
        stream.onReceive = { stream.send(Array($0)) }
    }

    @Test(arguments: [1, 1_000, 3_000_000]) func everyByteComesBackInOrder(size: Int) async throws {
        let same = try await onLoop { loop in
            let stream = try await connected(loop, echo)
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

    /// 200,000 bytes wait: three reads of a whole buffer, and a rest.
    @Test(
        arguments: [
            (1, 0, [1, 1, 1, 1]), (2, 0, [2, 2]), (8, 0, [4]), (8, 1 << 20, [4]), (8, 2 << 20, [2, 2]),
            (8, 4 << 20, [1, 1, 1, 1]),
        ] as [(UInt8, Int, [Int])])
    func aTurnHasAsManyReadsAsItMay(most: UInt8, owingEach debt: Int, expected: [Int]) async throws {
        let reads = try await onLoop { loop in
            var ends: [Int32] = [-1, -1]
            let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
            let isMade = socketpair(AF_UNIX, kind, 0, &ends) == 0
            try #require(isMade)
            defer { Glibc.close(ends[1]) }
            var room: Int32 = 400_000
            setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, socklen_t(MemoryLayout<Int32>.size))
            let bytes = [UInt8](repeating: 7, count: 200_000)
            let written = Glibc.write(ends[1], bytes, bytes.count)
            try #require(written == bytes.count)
            let peer = try #require(SocketAddress(literal: "127.0.0.1", port: 1))
            let stream = try Stream(loop: loop, descriptor: FileDescriptor(ends[0]), peer: peer)
            stream.mostReads = most
            var (reads, inTurn, received): ([Int], Int, Int) = ([], 0, 0)
            stream.onReceive = {
                received += $0.count
                inTurn += 1
                loop.owe(debt)
                guard inTurn == 1 else { return }
                loop.atTurnEnd {
                    reads.append(inTurn)
                    inTurn = 0
                }
            }
            _ = await eventually(on: loop) { received == bytes.count && inTurn == 0 }
            stream.close()
            return reads
        }
        #expect(reads == expected)
    }

    /// A plain file cannot be watched; its lock tells whether it is closed.
    @Test func whatCannotBeWatchedIsClosed() async throws {
        let isFree = try await onLoop { loop in
            var path = Array("/tmp/parley-XXXXXX\0".utf8CString)
            let number = mkstemp(&path)
            try #require(number >= 0)
            defer { unlink(path) }
            let isLocked = flock(number, LOCK_EX | LOCK_NB) == 0
            try #require(isLocked)
            let peer = try #require(SocketAddress(literal: "127.0.0.1", port: 1))
            #expect(throws: EngineError.self) {
                _ = try Stream(loop: loop, descriptor: FileDescriptor(number), peer: peer)
            }
            let other = open(path, O_RDWR)
            defer { Glibc.close(other) }
            return flock(other, LOCK_EX | LOCK_NB) == 0
        }
        #expect(isFree)
    }

    @Test func bothSidesHearOfTheEndOnce() async throws {
        let ends = try await onLoop { loop in
            var ends: [String] = []
            let stream = try await connected(loop) { served in
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
        let received = try await onLoop { loop in
            var received = 0
            var closed = false
            let stream = try await connected(loop) { served in
                served.send([UInt8](repeating: 7, count: 2_000_000))
                served.closeAfterFlush()
                served.send([1, 2, 3])
            }
            stream.onReceive = { received += $0.count }
            stream.onClose = { _ in closed = true }
            _ = await eventually(on: loop) { closed }
            return received
        }
        #expect(received == 2_000_000)
    }

    /// Far more than may wait, in one turn and in pieces that each would have room: the reader is no slow one.
    @Test func aReaderWhoHasNotBeenTriedIsNotSlow() async throws {
        let (received, error) = try await onLoop { loop in
            var (received, error): (Int, EngineError?) = (0, nil)
            let stream = try await connected(loop) { served in
                served.sendLimit = 65_536
                served.onClose = { error = $0 }
                for _ in 0..<10 { served.send([UInt8](repeating: 7, count: 16_384)) }
            }
            stream.onReceive = { received += $0.count }
            _ = await eventually(on: loop) { received == 163_840 || error != nil }
            stream.close()
            return (received, error)
        }
        #expect(received == 163_840)
        #expect(error == nil)
    }

    @Test func aReaderThatStallsCostsNoMoreThanTheLimit() async throws {
        let error = try await onLoop { loop in
            var error: EngineError?
            let stream = try await connected(loop) { served in
                served.sendLimit = 1_000_000
                served.onClose = { error = $0 }
                loop.scheduleRepeating(everyMilliseconds: 1) {
                    served.send([UInt8](repeating: 0, count: 500_000))
                }
            }
            stream.pauseReading()
            _ = await eventually(on: loop) { error != nil }
            stream.close()
            return error
        }
        #expect(error == .sendQueueFull)
    }

    @Test func tellsWhenTheQueueHasDrained() async throws {
        let drained = try await onLoop { loop in
            var drained = false
            let stream = try await connected(loop) { served in
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

    /// Its reader stops just when the other side has written and read at once.
    @Test func whoStopsReadingOnADrainKeepsTheConnection() async throws {
        let (drained, isOpen, received) = try await onLoop { loop in
            var served: Stream?
            var (drained, received) = (false, 0)
            let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0) { stream in
                served = stream
                stream.drainMark = 2_000_000
                stream.onDrain = {
                    (drained, received) = (true, 0)
                    stream.pauseReading()
                }
                stream.onReceive = { received += $0.count }
                stream.send([UInt8](repeating: 0, count: 20_000_000))
            }
            defer { listener.close() }
            let peer = try await PlainPeer(port: listener.port)
            _ = await eventually(on: loop) { (served?.queuedBytes ?? .max) < 20_000_000 }
            // Within a turn, so that the loop hears of both together.
            _ = await eventually(on: loop) {
                guard let served, served.queuedBytes > 2_000_000 else { return true }
                peer.readAll()
                peer.write()
                return false
            }
            _ = await eventually(on: loop) { drained }
            let isOpen = served?.isOpen
            peer.write()
            served?.resumeReading()
            _ = await eventually(on: loop) { received > 0 }
            served?.close()
            return (drained, isOpen, received)
        }
        #expect(drained)
        #expect(isOpen == true)
        #expect(received > 0)
    }

    @Test func aClosedPortIsAnError() async throws {
        let error = try await onLoop { loop in
            let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0) { $0.close() }
            let port = listener.port
            listener.close()
            do {
                _ = try await Stream.connect(
                    loop: loop, host: "127.0.0.1", port: port, timeoutMilliseconds: 500)
                return false
            } catch {
                return true
            }
        }
        #expect(error)
    }
}

/// The other side as a bare socket, which does things between two turns of the loop.
private final class PlainPeer {
    private let descriptor: Int32

    init(port: Int) async throws {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: port))
        descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    func readAll() {
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { buffer in
            while read(descriptor, buffer.baseAddress, buffer.count) > 0 {}
        }
    }

    func write() { _ = Glibc.write(descriptor, "x", 1) }
}
