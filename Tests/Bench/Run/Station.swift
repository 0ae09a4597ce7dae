import Engine

/// One loop of the generator, seen from outside.
actor Station {
    private let loop: EventLoop
    private let plan: Plan
    private let part: Int
    private var crew: Crew?
    private var others: [Station] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ part: Int, plan: Plan) throws {
        self.part = part
        self.plan = plan
        loop = try EventLoop(name: "bench-\(part)")
        try loop.start()
    }

    /// Makes the clients; `all` are the stations by their numbers.
    func prepare(_ all: [Station]) {
        loop.preconditionCurrent()
        others = all
        let plan = plan
        crew = Crew(loop: loop, plan: plan, part: part) { sender, number in
            let owner = all[plan.loop(of: plan.client(of: sender))]
            owner.partHad(sender, number)
        }
    }

    private nonisolated func partHad(_ sender: Int, _ number: Int) {
        // On the own loop too it comes with the next turn: the receivers of this one are told first.
        loop.submit { self.assumeIsolated { $0.crew?.partHad(sender, number) } }
    }

    /// Connects all that are not connected; returns when each is ready or has failed.
    func connect(atOnce: Int) async {
        loop.preconditionCurrent()
        guard let crew else { return }
        await withUnsafeContinuation { continuation in
            crew.connect(atOnce: atOnce) { continuation.resume() }
        }
    }

    /// Sends from now on.
    func begin(_ load: Load) throws { try crew?.begin(load) }

    /// Measures what is due within this time, and sends no more from its end on.
    func measure(_ time: ClosedRange<UInt64>) { crew?.measure(time) }

    /// Sends no more.
    func endSending() { crew?.endSending() }

    /// Drops the connections of all that do not send.
    func dropHearers() { crew?.dropHearers() }

    /// Lets slow readers read what waits for them.
    func resumeSlow() { crew?.resumeSlow() }

    /// What has been counted so far.
    func tally() -> Tally { crew?.tally ?? Tally() }

    /// The times taken so far.
    func timings() -> Timings { crew?.timings ?? Timings() }

    /// What each sender here has sent.
    func sent() -> [Int: Sent] { crew?.sent() ?? [:] }

    /// What has gone wrong, given what all have sent.
    func conclude(_ sent: [Int: Sent]) -> Findings { crew?.conclude(sent) ?? Findings() }

    /// Closes all connections.
    func close() { crew?.close() }

    /// Ends the loop.
    nonisolated func end() {
        loop.stop()
        loop.join()
    }
}
