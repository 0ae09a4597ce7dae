import Engine

/// All connections of one loop of the generator, and what is counted there.
///
/// Belongs to its loop.
final class Crew {
    let loop: EventLoop
    let plan: Plan
    /// How long one may take to connect and join.
    let patienceMilliseconds = 60_000
    /// When the bytes now heard were read, in nanoseconds.
    var readAt: UInt64 = 0

    private(set) var tally = Tally()
    private(set) var timings = Timings()
    private let hasNodes: Bool
    private(set) var clients: [Client] = []
    private let part: Int
    private let elsewhere: @Sendable (_ sender: Int, _ number: Int) -> Void
    private var publishers: [Publisher] = []
    private var places: [Int: Int] = [:]
    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15

    private var load: Load?
    private var ticker: Ticker?
    /// By sender, where the loop is closed: who of the receivers here, and which of the loops have had what.
    private var here: [Completion] = []
    private var everywhere: [Completion] = []

    private var waiting: ArraySlice<Client> = []
    private var connecting = 0
    private var onConnected: (() -> Void)?

    /// Makes the clients of loop number `part`; `elsewhere` tells the loop of a sender that all here have its message.
    init(
        loop: EventLoop, plan: Plan, part: Int,
        elsewhere: @escaping @Sendable (_ sender: Int, _ number: Int) -> Void
    ) {
        self.loop = loop
        self.plan = plan
        self.part = part
        hasNodes = plan.targets.count > 1
        self.elsewhere = elsewhere
        clients = (0..<plan.connections).filter { plan.loop(of: $0) == part }.map { Client($0, crew: self) }
        for client in clients {
            guard let sender = plan.sender(of: client.number) else { continue }
            places[sender] = publishers.count
            publishers.append(Publisher(sender: sender, client: client))
        }
    }

    // MARK: Connecting

    /// Connects all that are not connected, so many at once; `done` when each is ready or has failed.
    func connect(atOnce: Int, _ done: @escaping () -> Void) {
        waiting = clients.filter { $0.state != .ready }[...]
        onConnected = done
        for _ in 0..<max(atOnce, 1) { connectNext() }
    }

    private func connectNext() {
        guard let client = waiting.popFirst() else {
            guard connecting == 0, let done = onConnected else { return }
            onConnected = nil
            return done()
        }
        connecting += 1
        client.connect()
    }

    func ready(_ client: Client) {
        tally.ready += 1
        timings.connecting.record(Clock.now() &- client.began)
        settled()
    }

    func failed(_ client: Client, _ why: String) {
        tally.findings.unconnected += 1
        tally.findings.note(why)
        settled()
    }

    private func settled() {
        connecting -= 1
        // Not from within the callback of the one that has just been settled.
        loop.atTurnEnd { [self] in connectNext() }
    }

    func lost(_ client: Client, _ why: String) {
        tally.ready -= 1
        guard !client.isSlow else {
            tally.slowClosed += 1
            return
        }
        tally.findings.closed += 1
        tally.findings.note(why)
    }

    /// Measures what is due within this time, and sends no more from its end on.
    func measure(_ time: ClosedRange<UInt64>) { load?.measure(time) }

    /// Sends no more.
    func endSending() { load?.end() }

    /// Drops the connections of all that do not send, without a word.
    func dropHearers() {
        for client in clients where client.state == .ready && plan.sender(of: client.number) == nil {
            client.close()
            tally.ready -= 1
        }
    }

    /// Lets slow readers read what waits for them.
    func resumeSlow() {
        for client in clients where client.isSlow && client.state == .ready { client.resumeReading() }
    }

    /// Closes all.
    func close() {
        ticker?.cancel()
        ticker = nil
        for client in clients { client.close() }
    }

    // MARK: Sending

    /// Sends by `load` from now on, and takes times anew.
    func begin(_ load: Load) throws {
        self.load = load
        timings = Timings(connecting: timings.connecting)
        guard !publishers.isEmpty || load.isClosed else { return }
        for index in publishers.indices { publishers[index].begin(load.count) }
        if case .closed(let window) = load.kind {
            here = (0..<plan.senders).map { sender in
                let room = sender / plan.publishers
                return Completion(receivers: plan.hearers(of: room, on: part), window: window)
            }
            everywhere = publishers.map { _ in Completion(receivers: plan.loopsOfRoom, window: window) }
            for index in publishers.indices { for _ in 0..<window { send(index, due: Clock.now()) } }
        } else {
            let ticker = try ticker ?? Ticker(loop: loop) { [weak self] in self?.tick() }
            self.ticker = ticker
            tick()
        }
    }

    private func tick() {
        let now = Clock.now()
        while case .open(var schedule)? = load?.kind, let (number, due) = schedule.take(by: now) {
            load?.kind = .open(schedule)
            timings.lateness.record(now &- due)
            send(number % publishers.count, due: due)
        }
        if case .open(let schedule)? = load?.kind, let next = schedule.next { ticker?.set(next) }
    }

    private func send(_ index: Int, due: UInt64) {
        guard publishers[index].client.state == .ready, !publishers[index].isDone else { return }
        let payload = publishers[index].make(due: due)
        tally.sent += 1
        publishers[index].client.send(payload, size: plan.size, key: nextKey())
    }

    /// A key to mask a frame with; good enough where nobody is to be fooled.
    func nextKey() -> UInt32 {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(truncatingIfNeeded: random >> 32)
    }

    // MARK: Hearing

    func delivered(_ payload: Payload, _ bytes: Int, to client: Client) {
        guard !client.isSlow else { return }
        tally.delivered += 1
        tally.bytes += bytes
        guard let load else { return }
        if load.measures(payload.due) { took(readAt &- payload.due, payload.sender, client) }
        guard load.isClosed, here.indices.contains(payload.sender) else { return }
        guard here[payload.sender].delivered(payload.number) else { return }
        elsewhere(payload.sender, payload.number)
    }

    private func took(_ time: UInt64, _ sender: Int, _ client: Client) {
        timings.delivery.record(time)
        guard hasNodes else { return }
        if plan.node(of: plan.client(of: sender)) == client.node {
            timings.sameNode.record(time)
        } else {
            timings.otherNode.record(time)
        }
    }

    func ponged() { tally.pings += 1 }

    /// All receivers of one loop have had a message of a sender here.
    func partHad(_ sender: Int, _ number: Int) {
        guard let index = places[sender], everywhere.indices.contains(index),
            everywhere[index].delivered(number)
        else { return }
        sendOneMore(index)
    }

    private func sendOneMore(_ index: Int) {
        let now = Clock.now()
        guard let load, load.isClosed, !load.isOver(at: now) else { return }
        send(index, due: now)
    }

    func accepted(_ sender: Int, _ number: Int) {
        guard let index = places[sender], let due = publishers[index].accepted(number) else {
            return unreadable("an answer to nothing")
        }
        tally.accepted += 1
        if publishers[index].acceptances == 1 { tally.spoken += 1 }
        if load?.measures(due) == true { timings.acceptance.record(readAt &- due) }
    }

    func refused(_ sender: Int?, _ number: Int?, _ why: String) {
        tally.findings.note(why)
        guard let sender, let number, let index = places[sender], publishers[index].refused(number) else {
            tally.findings.unreadable += 1
            return
        }
        tally.refused += 1
        tally.findings.refused += 1
        sendOneMore(index)
    }

    func found(_ finding: SenderOrder.Finding) {
        switch finding {
        case .duplicate: tally.findings.duplicates += 1
        case .reordered: tally.findings.reordered += 1
        case .foreign: unreadable("a message that nobody sent")
        }
    }

    func seqBroke() { tally.findings.seqBreaks += 1 }

    func unreadable(_ why: String) {
        tally.findings.unreadable += 1
        tally.findings.note(why)
    }

    // MARK: The end

    /// What each sender of this loop has sent, and what was refused of it.
    func sent() -> [Int: Sent] {
        var sent: [Int: Sent] = [:]
        for publisher in publishers {
            sent[publisher.sender] = Sent(
                count: publisher.next, refused: publisher.refused, unanswered: publisher.unanswered)
        }
        return sent
    }

    /// Counts what never came, given what all have sent.
    func conclude(_ sent: [Int: Sent]) -> Findings {
        var findings = tally.findings
        for client in clients where client.state == .ready && !client.isSlow {
            let senders = client.room * plan.publishers..<(client.room + 1) * plan.publishers
            var refused: [Int: Set<Int>] = [:]
            for sender in senders { refused[sender - senders.lowerBound] = sent[sender]?.refused }
            findings.lost += client.order.lost(sent: senders.map { sent[$0]?.count ?? 0 }, refused: refused)
        }
        for publisher in publishers { findings.unanswered += publisher.unanswered }
        return findings
    }
}

/// What became of one sender's messages.
struct Sent: Sendable {
    let count: Int
    let refused: Set<Int>
    let unanswered: Int
}
