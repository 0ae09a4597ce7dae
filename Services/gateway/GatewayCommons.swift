import Hosting

/// What all loops of a gateway count together.
struct GatewayCommons: Sendable {
    let metrics: GatewayMetrics
    let entrance: Entrance
    let backlog: SendBacklog
    let busMemory: BusMemory
    let storedWaits: WaitingCount
    let untoldDirect: WaitingCount
    let judgement: SharedJudgement
    let pageRoom: PageRoom

    init(_ config: GatewayConfig, _ context: LaunchContext) {
        metrics = GatewayMetrics(context.metrics)
        entrance = Entrance(
            census: ConnectionCensus(
                perAddress: config.connectionsPerAddress, perUser: config.connectionsPerUser),
            unknown: config.unknown, memory: MemoryBound(bytes: config.memoryBytes), metrics: metrics)
        backlog = SendBacklog(config.sendBacklog, metrics: metrics)
        busMemory = BusMemory(metrics: metrics)
        storedWaits = WaitingCount(limit: StoredWatch.mostOfAll, gauge: metrics.storedWaits)
        untoldDirect = WaitingCount(limit: UntoldMessages.most, gauge: metrics.directUntold)
        judgement = SharedJudgement(loops: config.loops, metrics: metrics, log: context.log)
        pageRoom = PageRoom(bytes: config.memoryBytes)
    }
}
