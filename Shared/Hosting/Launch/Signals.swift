import Glibc

/// The signals that a service understands, taken by the main thread alone.
enum Signals {
    enum Signal {
        case end
        case reload
    }

    /// A peer, or a reader of our output, that went away is an error of `write`, not the end of the process.
    static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Blocks them; to be called before any other thread starts, since threads inherit what is blocked.
    static func block() {
        var set = all
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for the next one.
    static func wait() -> Signal {
        var set = all
        var number: Int32 = 0
        while sigwait(&set, &number) != 0 {}
        return number == SIGHUP ? .reload : .end
    }

    /// Waits for the next one until the deadline; `nil` when it has passed.
    static func wait(until deadline: ContinuousClock.Instant) -> Signal? {
        var set = all
        while true {
            let left = max(.zero, deadline - .now).components
            var time = timespec(tv_sec: Int(left.seconds), tv_nsec: Int(left.attoseconds / 1_000_000_000))
            let number = sigtimedwait(&set, nil, &time)
            if number > 0 { return number == SIGHUP ? .reload : .end }
            if errno != EINTR { return nil }
        }
    }

    private static var all: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
        return set
    }
}
