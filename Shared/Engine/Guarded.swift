internal import Glibc

/// A value that several threads touch, each for a few instructions: a lock and what it guards.
///
/// A pthread mutex: ThreadSanitizer understands it, as it does not `Synchronization.Mutex`. What belongs to one loop
/// needs none.
public final class Guarded<Value: Sendable>: @unchecked Sendable {
    // Unchecked: `value` is touched by `withLock` only.
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    /// Takes the value to be guarded.
    public init(_ value: Value) {
        self.value = value
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
    }

    deinit {
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    /// Lends the value; `body` must neither wait nor come here again.
    @inline(__always)
    public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value)
    }
}
