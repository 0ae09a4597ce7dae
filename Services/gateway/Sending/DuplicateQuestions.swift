import Engine
import Schema

/// How often Redis is asked for a user who is refused whether the message had been accepted before: so often a second.
///
/// Pure. Each question is a call of its own, which would make a flood of refusals dear. An outbox that is sent again is
/// answered whole; whoever sends more in a second is refused without it, and told when that is sent again.
struct DuplicateQuestions {
    static let mostPerSecond = 128

    private var asked: [UserHandle: Int] = [:]
    private var second: Int64 = 0

    /// Whether one more may be asked, which counts as asked.
    mutating func mayAsk(for user: UserHandle, at now: Instant) -> Bool {
        if now.milliseconds / 1_000 != second {
            second = now.milliseconds / 1_000
            asked = [:]
        }
        guard asked[user, default: 0] < Self.mostPerSecond else { return false }
        asked[user, default: 0] += 1
        return true
    }
}
