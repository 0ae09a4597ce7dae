import Schema

/// How far one connection has been given a room's log.
///
/// Pure.
enum MemberCursor {
    /// It reads the log, page by page, and is given nothing live.
    case catchingUp
    /// It has all up to here, and is given what follows.
    case live(LogPosition)

    enum Verdict: Equatable {
        case send
        case skip
        /// Something before it is missing on this connection: read the log after this seq first.
        case catchUp(after: Int64)
    }

    /// Decides about a live envelope, and moves on where it is to be sent.
    mutating func offered(_ position: LogPosition) -> Verdict {
        guard case .live(let last) = self else { return .skip }
        guard position.seq > last.seq else { return .skip }
        // The feed has announced a change of epoch; within one, seq must go up by one.
        guard position.epoch != last.epoch || position.seq == last.seq + 1 else {
            return .catchUp(after: last.seq)
        }
        self = .live(position)
        return .send
    }

    /// A gap has been announced up to here: what follows is expected next.
    mutating func skipped(to position: LogPosition) {
        if case .live(let last) = self, position.seq > last.seq { self = .live(position) }
    }
}
