internal import CLinux
internal import Glibc

/// A piece of a task's work that is ready to run on a loop.
enum LoopJob: Sendable {
    /// Of an actor whose executor the loop is.
    case actor(UnownedJob)
    /// Of a task that prefers the loop.
    case task(UnownedJob)
}

/// What other threads have handed to a loop: one queue, one wake-up a batch.
final class Mailbox: Sendable {
    enum Item: Sendable {
        case job(LoopJob)
        case work(@Sendable () -> Void)
    }

    /// Readable while there is mail that the loop was not woken for yet.
    let descriptor: Int32
    private let waiting = Guarded(Waiting())

    private struct Waiting {
        var items: [Item] = []
        var isSignalled = false
        var isClosed = false
    }

    init() throws(EngineError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last("eventfd") }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Adds an item, and wakes the loop unless a wake-up is under way; what comes after `close` is let go of.
    func post(_ item: Item) {
        let wake = waiting.withLock { waiting in
            guard !waiting.isClosed else { return false }
            waiting.items.append(item)
            defer { waiting.isSignalled = true }
            return !waiting.isSignalled
        }
        guard wake else { return }
        var one: UInt64 = 1
        _ = Glibc.write(descriptor, &one, 8)
    }

    /// Takes all there is into `batch`, which must be empty, and keeps its memory for the next mail.
    func take(into batch: inout [Item]) {
        waiting.withLock { waiting in
            swap(&waiting.items, &batch)
            waiting.isSignalled = false
        }
    }

    /// Lets go of all there is and of what comes: nobody will take it, and it may hold who holds this.
    func close() {
        var unread: [Item] = []
        waiting.withLock { waiting in
            swap(&waiting.items, &unread)
            waiting.isClosed = true
        }
    }

    /// Makes the descriptor silent again; called when the poller has reported it.
    ///
    /// A post between this and `take` writes no second time, and is taken: `take` always follows a wake-up.
    func acknowledge() {
        var count: UInt64 = 0
        _ = Glibc.read(descriptor, &count, 8)
    }
}
