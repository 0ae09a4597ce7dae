/// The one JSON object of the protocol, decoded: for cold paths such as history and tests.
///
/// Live traffic is never decoded: see `EnvelopeHead`, `EnvelopeTail` and `ServerFrame`.
public struct Envelope: Hashable, Sendable, Codable {
    /// The version of the schema that this code writes.
    public static let version = 1

    /// The version of the schema.
    public var v: Int
    /// The epoch, on what belongs to a room's log.
    public var epoch: String?
    /// The sequence number, on what belongs to a room's log.
    public var seq: Int64?
    /// The version of the room's member list, on what belongs to a room's log.
    public var mv: Int64?
    /// The type.
    public var type: EventType
    /// The room.
    public var room: RoomID?
    /// The message's id.
    public var id: MessageID?
    /// The time, in milliseconds since 1970.
    public var ts: Int64?
    /// Who caused it.
    public var user: UserHandle?
    /// What stands in it, by type.
    public var data: JSONValue

    /// Makes an envelope; what is left out is absent.
    public init(
        _ type: EventType, at position: LogPosition? = nil, mv: Int64? = nil, room: RoomID? = nil,
        id: MessageID? = nil, ts: Int64? = nil, user: UserHandle? = nil, data: JSONValue = [:]
    ) {
        v = Self.version
        epoch = position?.epoch
        seq = position?.seq
        self.mv = mv
        self.type = type
        self.room = room
        self.id = id
        self.ts = ts
        self.user = user
        self.data = data
    }

    /// The place in the room's log, if it has one.
    public var position: LogPosition? {
        guard let epoch, let seq, LogPosition.isPossible(seq) else { return nil }
        return LogPosition(epoch: epoch, seq: seq)
    }
}

// MARK: - Bytes

extension Envelope {
    /// Reads an envelope; members that are not known are ignored.
    public init(decoding bytes: UnsafeRawBufferPointer) throws(SchemaError) {
        let json = try JSONValue(parsing: bytes)
        guard let members = json.object else { throw .invalidJSON }
        guard let word = members["type"]?.text else { throw .invalidField("type") }
        guard let type = EventType(rawValue: word) else { throw .unknownType }
        self.init(type, data: members["data"] ?? [:])
        v = try Self.read("v", members, { $0.int.flatMap(Int.init(exactly:)) }) ?? Self.version
        epoch = try Self.read("epoch", members, \.text)
        seq = try Self.read("seq", members, \.int)
        mv = try Self.read("mv", members, \.int)
        room = try Self.read("room", members, { $0.text.flatMap(RoomID.init) })
        id = try Self.read("id", members, { $0.text.flatMap(MessageID.init) })
        ts = try Self.read("ts", members, \.int)
        user = try Self.read("user", members, { $0.text.flatMap(UserHandle.init) })
    }

    /// Reads an envelope.
    public init(decoding bytes: [UInt8]) throws(SchemaError) {
        self = try bytes.withRawBytes { bytes throws(SchemaError) in try Envelope(decoding: bytes) }
    }

    private static func read<T>(
        _ name: String, _ members: [String: JSONValue], _ convert: (JSONValue) -> T?
    ) throws(SchemaError) -> T? {
        guard let value = members[name], !value.isNull else { return nil }
        guard let converted = convert(value) else { throw .invalidField(name) }
        return converted
    }

    /// The envelope as it stands on the wire: its head first, members in the protocol's order.
    public var encoded: [UInt8] {
        var writer = JSONWriter(reserving: 512)
        writer.object { envelope in
            envelope.member("v", v)
            if let epoch { envelope.member("epoch", epoch) }
            if let seq { envelope.member("seq", seq) }
            if let mv { envelope.member("mv", mv) }
            envelope.member("type", type.rawValue)
            if let room { envelope.member("room", room) }
            writeRest(to: &envelope)
        }
        return writer.bytes
    }

    /// Logged envelopes have the id and the time before the user, ephemeral ones the user first.
    private func writeRest(to envelope: inout JSONWriter) {
        if seq == nil, let user { envelope.member("user", user) }
        if let id { envelope.member("id", id) }
        if let ts { envelope.member("ts", ts) }
        if seq != nil, let user { envelope.member("user", user) }
        envelope.member("data", data)
    }
}
