import Schema

/// How a send ended.
enum SendOutcome {
    /// It has its place; `stored` is the newest seq of the room that is in the archive.
    case accepted(MessageID, LogPosition, isDuplicate: Bool, stored: Int64)
    case limited(used: Int, most: Int, retryAfterMilliseconds: Int64)
    case refused(ErrorCode)

    /// The `stored` of what was found in the archive itself, whatever Redis knows.
    static let archived = Int64.max

    /// What is told of a message that may have its place: of the codes that ask for another try only `timeout` leaves
    /// open whether it has, so that the next try asks the archive too.
    var withoutCertainty: SendOutcome {
        guard case .refused(let code) = self, code.isRetryable else { return self }
        return .refused(.timeout)
    }
}
