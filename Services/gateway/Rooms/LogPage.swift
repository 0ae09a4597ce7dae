import Bus
import Schema

/// An envelope of a room's log, with what its order and its audience are judged by.
struct LogEnvelope<Payload> {
    let position: LogPosition
    /// The version of the room's member list when it was accepted.
    let mv: Int64
    /// How many bytes it holds.
    let size: Int
    let payload: Payload
}

extension LogEnvelope: Equatable where Payload: Equatable {}
extension LogEnvelope: Hashable where Payload: Hashable {}
extension LogEnvelope: Sendable where Payload: Sendable {}

/// What is known of a stretch of the log besides its envelopes.
struct LogGround: Hashable {
    /// The epochs, as the room's hash had them before the stretch was read.
    var extent: LogExtent?
    /// Whether what is missing was looked for in the archive too; where that could not answer, it may have it.
    var isSought = true
}

/// A stretch of a room's log, as it was read after some place: recent log and archive joined.
///
/// Everything that either has between that place and the last of the envelopes is among them.
struct LogPage<Payload> {
    /// In rising order.
    var envelopes: ArraySlice<LogEnvelope<Payload>> = []
    /// Whether nothing stood in the log after them when it was read.
    var isLast = false
    var ground = LogGround()

    /// A page that says nothing: the log is to be read from the place on.
    static var unread: LogPage { LogPage() }
}

extension LogPage: Equatable where Payload: Equatable {}
extension LogPage: Hashable where Payload: Hashable {}
extension LogPage: Sendable where Payload: Sendable {}
