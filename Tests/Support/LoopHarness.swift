public import Engine
internal import Glibc

/// A write to a socket that the other side has closed must fail, not end the process; `Launch` does the same.
private let ignoresBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

/// Runs `body` on a loop of its own and ends the loop afterwards; no more than a few at a time.
///
/// What `body` makes lives and dies on that loop.
public func onLoop<T: Sendable>(
    _ name: String = "test", _ body: nonisolated(nonsending) @escaping @Sendable (EventLoop) async throws -> T
) async throws -> T {
    ignoresBrokenPipes
    return try await Turnstile.shared.pass {
        let loop = try EventLoop(name: name)
        try loop.start()
        let result: Result<T, any Error>
        do {
            result = .success(try await Residence(loop: loop).run(body))
        } catch {
            result = .failure(error)
        }
        loop.stop()
        await join(loop)
        return try result.get()
    }
}

/// Carries a test onto its loop within the test's own task, so that a failure there is reported under its name.
///
/// The task prefers the loop, as those that a loop spawns do: were it an actor's, it would pass through Swift's pool
/// whenever it is woken, where hundreds of tests that only compute stand in line.
private final class Residence: TaskExecutor {
    private let loop: EventLoop

    init(loop: EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.submit { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    func run<T: Sendable>(
        _ body: nonisolated(nonsending) @Sendable (EventLoop) async throws -> T
    ) async throws -> T {
        try await withTaskExecutorPreference(self) {
            loop.preconditionCurrent()
            return try await body(loop)
        }
    }
}

/// Polls `condition` on the loop until it holds; returns whether it did within the bound.
public func eventually(
    on loop: EventLoop, withinMilliseconds bound: Int = 60_000, _ condition: () -> Bool
) async -> Bool {
    let deadline = Instant.current().advanced(byMilliseconds: bound)
    while !condition() {
        guard Instant.current() < deadline else { return false }
        await loop.sleep(milliseconds: 2)
    }
    return true
}

/// A loop ends within a turn: the wait is short, but it blocks, so it is kept off the cooperative threads.
public func join(_ loop: EventLoop) async {
    let offload = Offload(name: "join", width: 1, waitingLimit: 1)
    try? await offload.run { loop.join() }
}
