import Engine
import Synchronization

/// A clock that stands still until it is moved.
final class ManualClock: Sendable {
    private let milliseconds = Atomic<Int64>(1_000_000)

    var now: Instant { Instant(milliseconds: milliseconds.load(ordering: .relaxed)) }

    func advance(bySeconds seconds: Int64) { milliseconds.add(seconds * 1_000, ordering: .relaxed) }
}
