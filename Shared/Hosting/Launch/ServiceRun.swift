import Glibc

/// Runs one service from its start to its end.
///
///     build, start ──► ready ──► SIGTERM or SIGINT ──► stop ──► exit 0
///          │ throws                       │ deadline, or a second signal
///          └──► exit 1                    └──► exit 1 at once
///
/// Signals are waited for on the main thread, so that neither a stuck loop nor a full thread pool can keep them waiting.
struct ServiceRun {
    let context: LaunchContext
    let build: @Sendable () async throws -> any Service

    func run() -> Never {
        let start = Task.detached { await begin() }
        while Signals.wait() == .reload {
            context.log.info("reloading")
            Task.detached {
                context.tls.reload()
                await start.value?.reload()
            }
        }
        context.log.info("stopping")
        Task.detached { await end(start) }
        giveUpInTime()
    }

    private func begin() async -> (any Service)? {
        var service: (any Service)?
        do {
            let built = try await build()
            service = built
            try await built.start()
            if Task.isCancelled { return built }
            context.log.info("started", ["port": .int(context.hosting.port)])
        } catch {
            // Told to end while starting: `end` waits for this and stops what has been started.
            if Task.isCancelled { return service }
            let advice = (error as? StartFailure)?.advice ?? "Check the settings with --print-config."
            context.log.error("cannot start", .error(error), ["next": .string(advice)])
            exit(1)
        }
        return service
    }

    private func end(_ start: Task<(any Service)?, Never>) async {
        start.cancel()
        await start.value?.stop()
        context.stopLoops()
        context.log.info("stopped")
        exit(0)
    }

    /// `_exit`: nothing is left to be done in order, and `exit` may be under way on another thread.
    private func giveUpInTime() -> Never {
        let seconds = context.hosting.shutdownSeconds
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            switch Signals.wait(until: deadline) {
            case .reload: continue
            case .end: context.log.warn("stopped at once by a second signal")
            case nil:
                context.log.error(
                    "did not stop in time",
                    ["seconds": .int(seconds), "next": "Raise SHUTDOWN_SECONDS if it needs more than that."])
            }
            _exit(1)
        }
    }
}
