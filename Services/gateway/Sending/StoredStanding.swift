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
    /// Below this there may be dead letters that are not noted any more.
    private let notedFrom: Int64

    static let fields: [RedisArgument] = ["epoch", "seq", "stored", "epochs", "dead"]
    /// How many dead letters of a room `log_stored` keeps in mind.
    static let deadNoted = 1_000

    /// Reads the values of ``fields``; of a room that Redis has forgotten there are none.
    init?(_ reply: RedisReply) {
        guard let values = reply.array, values.count == Self.fields.count else { return nil }
        let past = PastEpoch.list(reply[3].text ?? "")
        let present = reply[0].text.map { PastEpoch(epoch: $0, first: 0, last: reply[1].int ?? 0) }
        epochs = past + (present.map { [$0] } ?? [])
        stored = reply[2].int ?? 0
        let noted = (reply[4].text ?? "").split(separator: " ")
        dead = Set(noted)
        let seqs = noted.compactMap { $0.split(separator: ":").last.flatMap { Int64($0) } }
        notedFrom = noted.count < Self.deadNoted ? 0 : seqs.min() ?? 0
    }

    func verdict(of position: LogPosition) -> Verdict {
        guard !dead.contains("\(position.epoch):\(position.seq)") else { return .settled(.dead) }
        // A Redis that was set back or emptied knows of no such place, and writes nothing there any more.
        let last = epochs.last { $0.epoch == position.epoch }?.last
        guard let last, position.seq <= last else { return .unclear }
        guard position.seq <= stored else { return .pending }
        return position.seq < notedFrom ? .unclear : .settled(.stored)
    }
}
