/// What stands in columns of their own beside an archived envelope, read without making an ``Envelope`` of it.
///
/// The whole text is read as JSON, its members in any order. What is no ``Envelope`` gives no columns, and these say of an
/// envelope what that says. What is no UTF-8 has none either. A message as it is written by us is read by position, which
/// takes a third of the time.
public struct EnvelopeColumns: Hashable, Sendable {
    /// The place in the room's log, if it has one.
    public let position: LogPosition?
    /// The version of the room's member list.
    public let mv: Int64?
    /// The type.
    public let type: EventType
    /// The room.
    public let room: RoomID?
    /// The message's id.
    public let id: MessageID?
    /// The time, in milliseconds since 1970.
    public let ts: Int64?
    /// Who caused it.
    public let user: UserHandle?
    /// The sender's own key, which stands in `data`.
    public let clientMessageID: String?
    /// The message that it answers, from `data`.
    public let replyTo: MessageID?

    /// Reads an envelope; members that are not known are ignored.
    public init(reading bytes: [UInt8]) throws(SchemaError) {
        self = try bytes.withRawBytes { bytes throws(SchemaError) in
            if let columns = EnvelopeColumns(byPosition: bytes) { return columns }
            return try EnvelopeColumns(parsing: bytes)
        }
    }

    /// Reads an envelope however it is written.
    init(parsing bytes: UnsafeRawBufferPointer) throws(SchemaError) {
        let members = try Members(reading: bytes)
        guard let word = members.type?.text else { throw .invalidField("type") }
        guard let type = EventType(rawValue: word) else { throw .unknownType }
        self.type = type
        _ = try Self.take(members.v, "v") { $0.int.flatMap(Int.init(exactly:)) }
        let epoch = try Self.take(members.epoch, "epoch", \.text)
        let seq = try Self.take(members.seq, "seq", \.int)
        mv = try Self.take(members.mv, "mv", \.int)
        room = try Self.take(members.room, "room") { $0.text.flatMap(RoomID.init) }
        id = try Self.take(members.id, "id") { $0.text.flatMap(MessageID.init) }
        ts = try Self.take(members.ts, "ts", \.int)
        user = try Self.take(members.user, "user") { $0.text.flatMap(UserHandle.init) }
        position =
            if let epoch, let seq, LogPosition.isPossible(seq) { LogPosition(epoch: epoch, seq: seq) } else {
                nil
            }
        clientMessageID = members.data.clientMessageID?.text
        replyTo = members.data.replyTo?.text.flatMap(MessageID.init)
    }

    /// What stands there must be right, or nothing.
    private static func take<T>(
        _ value: JSONValue?, _ name: String, _ convert: (JSONValue) -> T?
    ) throws(SchemaError) -> T? {
        guard let value, !value.isNull else { return nil }
        guard let converted = convert(value) else { throw .invalidField(name) }
        return converted
    }
}

/// The members of an envelope that become columns, as they stand there: of those with the same name the last one.
private struct Members {
    var v, epoch, seq, mv, type, room, id, ts, user: JSONValue?
    var data = DataMembers()

    init(reading bytes: UnsafeRawBufferPointer) throws(SchemaError) {
        var parser = JSONParser(bytes)
        self = try parser.document { parser throws(SchemaError) in try Members(&parser) }
        guard parser.takeUsability() else { throw .invalidJSON }
    }

    private init(_ parser: inout JSONParser) throws(SchemaError) {
        try parser.object { parser, name throws(SchemaError) in
            switch name {
            case "v": v = try parser.value()
            case "epoch": epoch = try parser.value()
            case "seq": seq = try parser.value()
            case "mv": mv = try parser.value()
            case "type": type = try parser.value()
            case "room": room = try parser.value()
            case "id": id = try parser.value()
            case "ts": ts = try parser.value()
            case "user": user = try parser.value()
            case "data": data = try DataMembers(&parser)
            default: _ = try parser.value()
            }
        }
    }
}

private struct DataMembers {
    var clientMessageID, replyTo: JSONValue?

    init() {}

    /// Anything but an object has no members.
    init(_ parser: inout JSONParser) throws(SchemaError) {
        guard parser.isAtObject else {
            _ = try parser.value()
            return
        }
        try parser.object { parser, name throws(SchemaError) in
            switch name {
            case "client_msg_id": clientMessageID = try parser.value()
            case "reply_to": replyTo = try parser.value()
            default: _ = try parser.value()
            }
        }
    }
}
