import Access
import Engine
import Hosting

/// The process's way to its parts, which live on one loop.
actor PresenceService: Service {
    private let config: PresenceConfig
    private let context: LaunchContext
    private let loop: EventLoop
    private var assembly: Assembly?
    private var http: HTTPService?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ config: PresenceConfig, _ context: LaunchContext) throws {
        self.config = config
        self.context = context
        loop = try context.makeLoop("presence")
    }

    func start() async throws {
        loop.preconditionCurrent()
        let assembly = try Assembly(config, loop: loop, log: context.log, metrics: context.metrics)
        self.assembly = assembly
        http = try HTTPService(loop: loop, context: context, routes: assembly.routes)
        assembly.start()
    }

    func stop() async {
        loop.preconditionCurrent()
        assembly?.health.isDraining = true
        // A moment before the process would end anyway: what is left after it takes no time.
        await http?.drain(withinMilliseconds: context.hosting.shutdownSeconds * 1000 - 500)
        assembly?.stop()
    }

    /// SIGHUP: the authorities of Redis; the certificate is the process's own.
    nonisolated func reload() async { config.redis.readTrustAgain(context.log) }
}
