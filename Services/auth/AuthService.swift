import Access
import Engine
import Hosting

/// Auth as its process sees it: an actor on the loop on which all of it lives.
actor AuthService: Service {
    private let config: AuthConfig
    private let context: LaunchContext
    private let loop: EventLoop
    private let clock: @Sendable () -> Instant
    private var assembly: Assembly?

    /// Makes one; `clock` is what those who guess passwords wait by.
    init(
        config: AuthConfig, context: LaunchContext, clock: @escaping @Sendable () -> Instant = Instant.current
    ) throws {
        self.config = config
        self.context = context
        self.clock = clock
        loop = try context.makeLoop("auth")
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// The port it listens on, once started.
    var port: Int { assembly?.port ?? 0 }

    func start() async throws {
        loop.preconditionCurrent()
        let assembly = try Assembly(config: config, context: context, loop: loop, clock: clock)
        self.assembly = assembly
        try await assembly.start()
    }

    func stop() async {
        loop.preconditionCurrent()
        await assembly?.stop()
        assembly = nil
    }

    /// SIGHUP: the authorities of Redis; the certificate is the process's own.
    nonisolated func reload() async { config.redis.readTrustAgain(context.log) }
}
