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
        /// Redis lost it before the archive had it.
        case lost
    }

    /// What Redis knows of that.
    enum Verdict: Equatable {
        /// It is still on its way.
        case pending
        case settled(Fate)
        /// Only the archive can tell.
        case unclear
    }

    private let epochs: [PastEpoch]
    private let stored: Int64
    private let dead: Set<Substring>

    static let fields: [RedisArgument] = ["epoch", "seq", "stored", "epochs", "dead"]

    /// Reads the values of ``fields``; of a room that Redis has forgotten there are none.
    init?(_ reply: RedisReply) {
        guard let values = reply.array, values.count == Self.fields.count else { return nil }
        let past = PastEpoch.list(reply[3].text ?? "")
        let present = reply[0].text.map { PastEpoch(epoch: $0, first: 0, last: reply[1].int ?? 0) }
        epochs = past + (present.map { [$0] } ?? [])
        stored = reply[2].int ?? 0
        dead = Set((reply[4].text ?? "").split(separator: " "))
    }

    func verdict(of position: LogPosition) -> Verdict {
        guard !dead.contains("\(position.epoch):\(position.seq)") else { return .settled(.dead) }
        // A Redis that was set back or emptied knows of no such place, and writes nothing there any more.
        let last = epochs.last { $0.epoch == position.epoch }?.last
        guard let last, position.seq <= last else { return .unclear }
        return position.seq <= stored ? .settled(.stored) : .pending
    }
}
