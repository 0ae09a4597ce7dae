internal import CLinux
internal import Glibc

/// What other threads have handed to a loop: one queue, one wake-up a batch.
///
/// The lock is a pthread mutex: ThreadSanitizer understands it, as it does not `Synchronization.Mutex`.
final class Mailbox: @unchecked Sendable {
    enum Item {
        case job(UnownedJob)
        case work(@Sendable () -> Void)
    }

    /// Readable while there is mail that the loop was not woken for yet.
    let descriptor: Int32
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var items: [Item] = []
    private var isSignalled = false

    init() throws(EngineError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last("eventfd") }
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
        Glibc.close(descriptor)
    }

    /// Adds an item, and wakes the loop unless a wake-up is under way.
    func post(_ item: Item) {
        pthread_mutex_lock(lock)
        items.append(item)
        let wake = !isSignalled
        isSignalled = true
        pthread_mutex_unlock(lock)
        guard wake else { return }
        var one: UInt64 = 1
        _ = Glibc.write(descriptor, &one, 8)
    }

    /// Takes all there is into `batch`, which must be empty, and keeps its memory for the next mail.
    func take(into batch: inout [Item]) {
        pthread_mutex_lock(lock)
        swap(&items, &batch)
        isSignalled = false
        pthread_mutex_unlock(lock)
    }

    /// Makes the descriptor silent again; called when the poller has reported it.
    ///
    /// A post between this and `take` writes no second time, and is taken: `take` always follows a wake-up.
    func acknowledge() {
        var count: UInt64 = 0
        _ = Glibc.read(descriptor, &count, 8)
    }
}
