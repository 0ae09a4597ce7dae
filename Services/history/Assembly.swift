import Access
import Engine
import Hosting

/// History as its process sees it: one loop, and on it all of ``History``.
actor Assembly: Service {
    private let config: HistoryConfig
    private let context: LaunchContext
    private nonisolated let loop: EventLoop
    private var history: History?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(config: HistoryConfig, context: LaunchContext, loop: EventLoop) {
        self.config = config
        self.context = context
        self.loop = loop
    }

    func start() async throws {
        loop.preconditionCurrent()
        let history = try History(config: config, context: context, loop: loop)
        self.history = history
        history.start()
    }

    func stop() async {
        loop.preconditionCurrent()
        await history?.stop()
    }

    /// SIGHUP: the authorities of Redis; the certificate is the process's own.
    nonisolated func reload() async { config.redis.readTrustAgain(context.log) }
}
