import Glibc
import Testing

@testable import Engine

/// A pipe that can be read at once.
private struct Pipe {
    let end: Int32
    private let other: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        pipe(&ends)
        (end, other) = (ends[0], ends[1])
        write(other, "x", 1)
    }

    /// Closes the descriptor, and makes it that of another pipe.
    func replace(by new: Pipe) { dup2(new.end, end) }

    func close() {
        Glibc.close(end)
        Glibc.close(other)
    }
}

struct PollerTests {
    @Test func tellsWhoWatchesUntilTheyCancel() throws {
        let poller = try Poller(mailbox: Mailbox())
        let pipe = Pipe()
        defer { pipe.close() }
        var told = 0
        let watch = try poller.watch(pipe.end, .readable) { _ in told += 1 }
        poller.wait(milliseconds: 0) {}
        #expect(told == 1)
        watch.update([])
        poller.wait(milliseconds: 0) {}
        #expect(told == 1)
        watch.update(.readable)
        poller.wait(milliseconds: 0) {}
        #expect(told == 2)
        watch.cancel()
        watch.cancel()
        poller.wait(milliseconds: 0) {}
        #expect(told == 2)
    }

    /// Both are ready at once: the first to be told closes the other's descriptor, and has another of the same number.
    @Test func whatWasToldOfADescriptorIsNotForWhoHasItNow() throws {
        let poller = try Poller(mailbox: Mailbox())
        let (pipes, spare) = ([Pipe(), Pipe()], Pipe())
        var watches: [Watch] = []
        var told: [String] = []
        for index in 0...1 {
            watches.append(
                try poller.watch(pipes[index].end, .readable) { _ in
                    told.append("old")
                    let other = 1 - index
                    watches[other].cancel()
                    pipes[other].replace(by: spare)
                    let new = try? poller.watch(pipes[other].end, .readable) { _ in told.append("new") }
                    if let new { watches[other] = new }
                })
        }
        poller.wait(milliseconds: 0) {}
        #expect(told == ["old"])
        for watch in watches { watch.cancel() }
        for pipe in pipes + [spare] { pipe.close() }
    }
}
