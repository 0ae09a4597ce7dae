import Engine
import Hosting
import Schema

/// Sends the clients of a loop of a gateway that ends to the others: told first, closed in batches, each once what it had sent
/// is settled.
///
/// Belongs to its loop.
final class Drain {
    private let loop: EventLoop
    private let plan: DrainPlan
    private let log: Log
    /// In the order of their closing; those that are not to be closed yet begin at `next`.
    private let sessions: [Session]
    private var next = 0
    private var settling: [Session] = []
    /// How many connections there are still, those included that wait for the client's end.
    private let open: () -> Int

    private static let lookMilliseconds = 20
    /// What the last close frames get to arrive.
    private static let graceMilliseconds = 500

    init(
        loop: EventLoop, sessions: [Session], milliseconds: Int, loops: Int, log: Log,
        open: @escaping () -> Int
    ) {
        self.loop = loop
        self.sessions = sessions.shuffled()
        self.log = log
        self.open = open
        plan = DrainPlan(connections: sessions.count, milliseconds: milliseconds, loops: loops)
    }

    /// Returns when no connection is left, or when the time is over.
    func run() async {
        let began = loop.now
        log.info("draining", ["connections": .int(sessions.count)])
        announce()
        while open() > 0 {
            let elapsed = loop.now.milliseconds(since: began)
            guard elapsed < plan.milliseconds + Self.graceMilliseconds else { return giveUp() }
            dismiss(upTo: plan.due(after: elapsed), isLate: elapsed >= plan.milliseconds)
            await loop.sleep(milliseconds: Self.lookMilliseconds)
        }
    }

    /// Each is told another moment to come back, so that they do not come together.
    private func announce() {
        for session in sessions {
            let moment = Int64.random(in: 0...Int64(plan.milliseconds))
            session.send(ServerDraining(reconnectAfterMilliseconds: moment))
        }
    }

    private func dismiss(upTo due: Int, isLate: Bool) {
        for session in sessions[next..<max(next, due)] {
            session.hearNoMore()
            settling.append(session)
        }
        next = max(next, due)
        settling.removeAll { session in
            guard isLate || session.isSettled else { return false }
            session.close(.draining)
            return true
        }
    }

    /// Clients that neither read nor go: their connections end with the process.
    private func giveUp() {
        log.warn("connections left after the drain time", ["connections": .int(open())])
        for session in sessions { session.abort() }
    }
}
