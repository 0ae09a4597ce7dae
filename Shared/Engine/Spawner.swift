/// The actor on which a loop's spawned work runs.
actor Spawner {
    private unowned let loop: EventLoop

    init(loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Starts `body` on the loop that the caller is on.
    ///
    /// The box is the one place where the compiler is told that nothing crosses threads: the task that carries it is
    /// made within this actor, whose executor is the caller's own thread, and begins there without another hop.
    nonisolated func spawn(_ body: nonisolated(nonsending) @escaping () async -> Void) {
        let box = Box(body: body)
        loop.beginning += 1
        assumeIsolated { $0.begin(box) }
    }

    private func begin(_ box: Box) {
        Task {
            // Not only a check: Swift 6.3.1 leaves out the hop onto an actor where the first thing done there is to
            // await a closure value that inherits its caller's isolation; a synchronous call before it makes it real.
            self.loop.preconditionCurrent()
            self.loop.beginning -= 1
            let body = box.body
            await body()
        }
    }

    private struct Box: @unchecked Sendable {
        let body: nonisolated(nonsending) () async -> Void
    }
}
