/// What a WebSocket takes of what its peer sends.
public enum Intake: Sendable {
    /// All.
    case open
    /// What has been read is delivered, and nothing more is read: the peer waits.
    case ending
    /// Nothing is read or delivered: what has been read already is kept as it came, compressed where it was.
    case held
}
