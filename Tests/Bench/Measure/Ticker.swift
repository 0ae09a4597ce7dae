import CLinux
import Engine
import Glibc

/// Calls at given nanoseconds of the monotonic clock: the loop's own timers count in milliseconds.
///
/// Belongs to its loop.
final class Ticker {
    private let descriptor: Int32
    private var watch: Watch?

    /// Calls `body` each time that the moment has come that was last set.
    init(loop: EventLoop, _ body: @escaping () -> Void) throws {
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_NONBLOCK | TFD_CLOEXEC))
        guard descriptor >= 0 else { throw BenchError.system("timerfd_create", errno) }
        watch = try loop.watch(descriptor, .readable) { [descriptor] _ in
            var count: UInt64 = 0
            _ = read(descriptor, &count, 8)
            body()
        }
    }

    /// Sets the next moment; one that has passed comes at once.
    func set(_ time: UInt64) {
        let time = max(time, 1)
        var setting = itimerspec()
        setting.it_value = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
    }

    /// Calls no more.
    func cancel() {
        guard let watch else { return }
        watch.cancel()
        self.watch = nil
        close(descriptor)
    }
}
