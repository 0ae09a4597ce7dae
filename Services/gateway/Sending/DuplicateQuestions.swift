import Engine
import Schema

/// How often Redis is asked for a user who is refused whether the message had been accepted before: so often a second.
///
/// Pure. Each question is a call of its own, which would make refusals dear. Whoever sends more is refused without it:
/// that one of them had been accepted is told when it is sent again.
struct DuplicateQuestions {
    static let mostPerSecond = 16

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
