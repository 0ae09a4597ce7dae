import Support
import Testing

@testable import Engine

/// What several loops share, and how they write to each other.
struct SharingTests {
    private final class Resident {
        var letters: [Int] = []
    }

    @Test func whatIsGuardedIsChangedByOneAtATime() async {
        let count = Guarded(0)
        await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { for _ in 0..<5_000 { count.withLock { $0 += 1 } } } }
        }
        #expect(count.withLock { $0 } == 20_000)
    }

    @Test func mailArrivesOnTheLoopOfWhoItIsForInOrderAndNotAfterTheirEnd() async throws {
        try await onLoop { loop in
            var resident: Resident? = Resident()
            let address = Addressee(try #require(resident), on: loop)
            await Task.detached { for number in 0..<100 { address.send { $0.letters.append(number) } } }.value
            let hasAll = await eventually(on: loop) { resident?.letters == Array(0..<100) }
            #expect(hasAll)
            resident = nil
            let ran = Guarded(false)
            await Task.detached { address.send { _ in ran.withLock { $0 = true } } }.value
            // Mail is read in its order: what is behind that one has been read.
            let isPast = Guarded(false)
            await Task.detached { loop.submit { isPast.withLock { $0 = true } } }.value
            let hasRead = await eventually(on: loop) { isPast.withLock { $0 } }
            #expect(hasRead)
            #expect(!ran.withLock { $0 })
        }
    }

    private final class Letter: Sendable {}

    /// Two loops that have written to each other as both ended would hold each other for ever.
    @Test func aMailboxThatIsClosedLetsGoOfWhatItHasAndOfWhatComes() throws {
        let mailbox = try Mailbox()
        weak var before: Letter?
        weak var after: Letter?
        do {
            let letters = [Letter(), Letter()]
            (before, after) = (letters[0], letters[1])
            mailbox.post(.work { [letter = letters[0]] in _ = letter })
            #expect(before != nil)
            mailbox.close()
            mailbox.post(.work { [letter = letters[1]] in _ = letter })
        }
        withExtendedLifetime(mailbox) {
            #expect(before == nil)
            #expect(after == nil)
        }
    }

    @Test func aLoopThatHasEndedKeepsNoMail() async throws {
        let loop = try EventLoop(name: "ended")
        try loop.start()
        loop.stop()
        await join(loop)
        weak var kept: Letter?
        do {
            let letter = Letter()
            kept = letter
            loop.submit { _ = letter }
        }
        withExtendedLifetime(loop) { #expect(kept == nil) }
    }

    @Test func listenersShareAPortOnlyWithTheirOwn() async throws {
        try await onLoop { loop in
            func listen(_ port: Int, _ sharing: PortSharing) throws -> Listener {
                try Listener(loop: loop, host: "127.0.0.1", port: port, sharing: sharing) { $0.close() }
            }
            let first = try listen(0, .first)
            let further = try listen(first.port, .further)
            #expect(further.port == first.port)
            #expect(throws: EngineError.self) { _ = try listen(first.port, .first) }
            #expect(throws: EngineError.self) { _ = try listen(first.port, .none) }
            first.close()
            further.close()
            let alone = try listen(first.port, .none)
            #expect(throws: EngineError.self) { _ = try listen(alone.port, .further) }
            alone.close()
        }
    }

    @Test func eachOfTwoListenersIsGivenConnections() async throws {
        try await onLoop { loop in
            var counts = [0, 0]
            let first = try Listener(loop: loop, host: "127.0.0.1", port: 0, sharing: .first) {
                counts[0] += 1
                $0.close()
            }
            let second = try Listener(loop: loop, host: "127.0.0.1", port: first.port, sharing: .further) {
                counts[1] += 1
                $0.close()
            }
            // A hundred of one side only would be once in 2^99.
            for _ in 0..<100 {
                let stream = try await Stream.connect(
                    loop: loop, host: "127.0.0.1", port: first.port, timeoutMilliseconds: 30_000)
                stream.close()
            }
            let areIn = await eventually(on: loop) { counts[0] + counts[1] == 100 }
            #expect(areIn)
            #expect(counts[0] > 0 && counts[1] > 0)
            first.close()
            second.close()
        }
    }
}
