import Bus
import Redis
import Schema

/// How much of a room's log is in the archive, as its hash in Redis says.
///
/// Pure.
struct StoredStanding {
    /// What became of a place in the log.
    enum Fate {
        case stored
        /// The archive could not take what stood there.
        case dead
    }

    private let epoch: String
    private let stored: Int64
    private let past: [PastEpoch]
    private let dead: Set<Substring>

    static let fields: [RedisArgument] = ["epoch", "stored", "epochs", "dead"]

    /// Reads the values of ``fields``; nil for a room of which nothing has been stored.
    init?(_ reply: RedisReply) {
        guard let epoch = reply[0].text, let stored = reply[1].int else { return nil }
        self.epoch = epoch
        self.stored = stored
        past = PastEpoch.list(reply[2].text ?? "")
        dead = Set((reply[3].text ?? "").split(separator: " "))
    }

    /// What became of this place, if that is known yet.
    func fate(of position: LogPosition) -> Fate? {
        guard !dead.contains("\(position.epoch):\(position.seq)") else { return .dead }
        return position.seq <= end(of: position.epoch) ? .stored : nil
    }

    /// What the end of an epoch in Redis does not reach was lost with it, and is never stored.
    private func end(of epoch: String) -> Int64 {
        if epoch == self.epoch { return stored }
        return min(past.last { $0.epoch == epoch }?.last ?? 0, stored)
    }
}
