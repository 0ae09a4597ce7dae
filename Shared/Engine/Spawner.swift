/// The actor on which a loop's spawned work runs.
actor Spawner {
    private unowned let loop: EventLoop

    init(loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Starts `body` on the loop that the caller is on.
    ///
    /// The box is the one place where the compiler is told that nothing crosses threads: the task that carries it
    /// runs on the executor of this actor, which is the caller's own thread.
    nonisolated func spawn(_ body: @escaping () async -> Void) {
        let box = Box(body: body)
        Task { await self.run(box) }
    }

    private func run(_ box: Box) async { await box.body() }

    private struct Box: @unchecked Sendable {
        let body: () async -> Void
    }
}
