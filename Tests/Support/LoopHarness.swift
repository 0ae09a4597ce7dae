public import Engine
internal import Glibc

/// A write to a socket that the other side has closed must fail, not end the process; `Launch` does the same.
private let ignoresBrokenPipes: Void = { signal(SIGPIPE, SIG_IGN) }()

/// Runs `body` on a loop of its own and ends the loop afterwards.
///
/// What `body` makes lives and dies on that loop.
public func onLoop<T: Sendable>(
    _ name: String = "test", _ body: nonisolated(nonsending) @escaping @Sendable (EventLoop) async throws -> T
) async throws -> T {
    ignoresBrokenPipes
    let loop = try EventLoop(name: name)
    try loop.start()
    let result: Result<T, any Error>
    do {
        result = .success(try await Resident(loop: loop).run(body))
    } catch {
        result = .failure(error)
    }
    loop.stop()
    await join(loop)
    return try result.get()
}

/// Carries a test onto its loop within the test's own task, so that a failure there is reported under its name.
private actor Resident {
    private let loop: EventLoop

    init(loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func run<T: Sendable>(
        _ body: nonisolated(nonsending) @Sendable (EventLoop) async throws -> T
    ) async throws -> T {
        loop.preconditionCurrent()
        return try await body(loop)
    }
}

/// Polls `condition` on the loop until it holds; returns whether it did within the bound.
public func eventually(
    on loop: EventLoop, withinMilliseconds bound: Int = 20_000, _ condition: () -> Bool
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
