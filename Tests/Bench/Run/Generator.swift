import Engine
import FoundationEssentials

/// All stations of a run, as one.
struct Generator: Sendable {
    let plan: Plan
    let stations: [Station]

    /// Makes accounts, rooms and stations; nothing is connected yet.
    static func prepare(_ options: Options) async throws -> Generator {
        let run = String(UInt64(Date().timeIntervalSince1970 * 1000) % 0xFFFF_FFFF, radix: 36)
        var plan = Plan(
            peer: options.peer, targets: options.urls.compactMap { Target($0) },
            rooms: (0..<options.rooms).map { "\(options.roomNames ?? "bench-\(run)")-\($0)" },
            talking: options.talkingRooms, clients: options.clients,
            publishers: options.publishers, slow: options.slow, size: options.size, hasKeys: options.hasKeys,
            tokens: [], loops: options.loops)
        if !options.peer.isRaw {
            guard let api = Target(options.api ?? options.urls[0]) else { throw BenchError.usage("--api") }
            let rest = try Rest(api)
            defer { rest.end() }
            plan.tokens = try await Identities.tokens(
                options, names: options.names ?? "bench-\(run)", rest: rest)
            guard let owner = plan.tokens.first else { throw BenchError.server("nobody to make rooms") }
            try await Identities.makeRooms(
                plan.rooms, token: owner, rest: rest, mayExist: options.roomNames != nil)
        }
        let stations = try (0..<options.loops).map { try Station($0, plan: plan) }
        for station in stations { await station.prepare(stations) }
        return Generator(plan: plan, stations: stations)
    }

    /// Connects all that are not connected.
    func connect(atOnce: Int) async {
        await withTaskGroup { group in
            for station in stations {
                group.addTask { await station.connect(atOnce: max(atOnce / stations.count, 1)) }
            }
        }
    }

    /// Connects all, and ends the run where one cannot: figures of fewer would be told as those of all.
    func connectAll(_ options: Options) async throws {
        await connect(atOnce: options.atOnce)
        let tally = await tally()
        guard tally.ready < plan.connections else { return }
        await end()
        throw BenchError.server(
            "\(plan.connections - tally.ready) of \(plan.connections) clients cannot connect: \(tally.findings.line)"
        )
    }

    /// Sends by a window, or at a rate that the stations share by their publishers; `count` messages of each, if any.
    func begin(
        window: Int?, rate: Double?, from start: UInt64, measured: ClosedRange<UInt64>, count: Int? = nil
    ) async throws {
        for (part, station) in stations.enumerated() {
            let kind: Load.Kind
            if let window {
                kind = .closed(window: window)
            } else {
                let own = (0..<plan.senders).count { plan.loop(of: plan.client(of: $0)) == part }
                guard own > 0 else { continue }
                let share = (rate ?? 1) * Double(own) / Double(plan.senders)
                kind = .open(Schedule(rate: share, start: start, end: measured.upperBound))
            }
            try await station.begin(
                Load(kind: kind, from: measured.lowerBound, until: measured.upperBound, count: count))
        }
    }

    /// Measures what is due within this time, and sends no more from its end on.
    func measure(_ time: ClosedRange<UInt64>) async {
        for station in stations { await station.measure(time) }
    }

    /// Sends no more.
    func endSending() async {
        for station in stations { await station.endSending() }
    }

    /// Drops the connections of all that do not send.
    func dropHearers() async {
        for station in stations { await station.dropHearers() }
    }

    /// Lets slow readers read what waits for them.
    func resumeSlow() async {
        for station in stations { await station.resumeSlow() }
    }

    /// What has been counted so far.
    func tally() async -> Tally {
        var tally = Tally()
        for station in stations { tally.add(await station.tally()) }
        return tally
    }

    /// The times taken so far.
    func timings() async -> Timings {
        var timings = Timings()
        for station in stations { timings.add(await station.timings()) }
        return timings
    }

    /// Waits until all that was sent has come, or nothing comes any more.
    func drain(_ options: Options) async {
        var before = -1
        var quiet = 0
        while quiet < Int(options.patience * 1_000) {
            let tally = await tally()
            let isWhole = tally.delivered >= (tally.sent - tally.refused) * plan.hearers
            if isWhole, tally.accepted + tally.refused >= tally.sent { return }
            quiet = tally.delivered == before ? quiet + 50 : 0
            before = tally.delivered
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What has gone wrong in all.
    func conclude() async -> Findings {
        var sent: [Int: Sent] = [:]
        for station in stations { sent.merge(await station.sent()) { first, _ in first } }
        var findings = Findings()
        for station in stations { findings.add(await station.conclude(sent)) }
        return findings
    }

    /// Says what has gone wrong and how many were connected, and ends.
    func finish(_ report: inout Report) async {
        report.connections = await tally().ready
        report.findings = await conclude()
        report.isClean = report.findings.isClean
        await end()
    }

    /// Closes all, and ends the loops.
    func end() async {
        for station in stations { await station.close() }
        for station in stations { station.end() }
    }
}
