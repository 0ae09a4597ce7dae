import Access
import Engine
import Hosting

/// What a gateway consists of: its loops, which take each step of beginning and ending together.
///
/// A loop hears channels that are at home on others: none connects before all know of each other, and none lets go of
/// Redis before the clients of all have gone.
actor Assembly: Service {
    private let config: GatewayConfig
    private let context: LaunchContext
    private let loops: [GatewayLoop]

    init(_ config: GatewayConfig, _ context: LaunchContext) throws {
        self.config = config
        self.context = context
        let common = GatewayCommons(config, context)
        loops = try (0..<config.loops).map { try GatewayLoop($0, config, context, common) }
    }

    func start() async throws {
        var doors: [ChannelDoor] = []
        for loop in loops { doors.append(try await loop.make()) }
        var port: Int?
        for loop in loops { port = try await loop.listen(on: port, with: doors, of: loops) }
        for loop in loops { await loop.start() }
        context.log.info(
            "listening",
            [
                "host": .string(config.hosting.host), "port": .int(port ?? config.hosting.port),
                "loops": .int(config.loops),
            ])
    }

    func stop() async {
        for loop in loops { await loop.beginToDrain() }
        await together { await $0.drain() }
        await together { await $0.closeHTTP() }
        await together { await $0.close() }
    }

    /// SIGHUP: the authorities of Redis; the certificate is the process's own.
    nonisolated func reload() async { config.redis.readTrustAgain(context.log) }

    private func together(_ step: @escaping @Sendable (GatewayLoop) async -> Void) async {
        await withTaskGroup { group in
            for loop in loops { group.addTask { await step(loop) } }
        }
    }
}
