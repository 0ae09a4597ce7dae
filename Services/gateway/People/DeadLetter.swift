import Schema

/// A message that was accepted, and that the archive could not take: a tombstone stands in its place.
struct DeadLetter: Equatable {
    let room: RoomID
    let position: LogPosition
    let key: ClientMessageID?

    /// What its sender is told: it was at fault itself, so sending it again would not help.
    var error: MessageError { MessageError(.invalidField, clientMessageID: key, field: "data") }
}
