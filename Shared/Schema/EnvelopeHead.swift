/// What stands at the front of an envelope, read by position: per delivery no JSON is parsed.
///
/// Logged envelopes begin `{"v":1,"epoch":"8h2k","seq":42,"mv":7,"type":"new_message",…`, ephemeral ones
/// `{"v":1,"type":"user_typing","room":"general","user":"alice",…`. Writers keep exactly this order and put no
/// white space; what begins otherwise is no envelope. Reading a logged head does not allocate.
public struct EnvelopeHead: Hashable, Sendable {
    /// The place in the room's log; nil for what is not part of a log.
    public let position: LogPosition?

    /// The version of the room's member list at the time; nil for what is not part of a log.
    public let mv: Int64?

    /// The type, if it is one we know.
    public let type: EventType?

    /// The room of an ephemeral envelope; a logged one came by its room's channel.
    public let room: RoomID?

    /// Who caused an ephemeral envelope.
    public let user: UserHandle?

    /// Reads the head of the envelope that these bytes begin with.
    public init?(reading bytes: UnsafeRawBufferPointer) {
        var scanner = ByteScanner(bytes)
        guard scanner.skip("{\"v\":1,") else { return nil }
        if scanner.skip("\"epoch\":") {
            self.init(logged: &scanner)
        } else {
            self.init(ephemeral: &scanner)
        }
    }

    /// Reads the head of the envelope that these bytes begin with.
    public init?(reading bytes: [UInt8]) {
        guard let head = bytes.withRawBytes({ EnvelopeHead(reading: $0) }) else { return nil }
        self = head
    }

    /// An epoch of our making has at most 12 bytes: short enough for a string that lives in its own value.
    private init?(logged scanner: inout ByteScanner) {
        guard let epoch = scanner.plainText(), (1...LogPosition.maxEpochBytes).contains(epoch.count),
            scanner.skip(",\"seq\":"), let seq = scanner.wholeNumber(),
            scanner.skip(",\"mv\":"), let mv = scanner.wholeNumber(),
            scanner.skip(",\"type\":"), let type = scanner.plainText(), LogPosition.isPossible(seq)
        else { return nil }
        position = LogPosition(epoch: String(decoding: epoch, as: UTF8.self), seq: seq)
        self.mv = mv
        let word = String(decoding: type, as: UTF8.self)
        self.type = EventType.logged.first { $0.rawValue == word }
        room = nil
        user = nil
    }

    private init?(ephemeral scanner: inout ByteScanner) {
        guard scanner.skip("\"type\":"), let type = scanner.plainText() else { return nil }
        self.type = EventType(rawValue: String(decoding: type, as: UTF8.self))
        room = scanner.skip(",\"room\":") ? scanner.identifier() : nil
        user = scanner.skip(",\"user\":") ? scanner.identifier() : nil
        position = nil
        mv = nil
    }
}

extension ByteScanner {
    fileprivate mutating func identifier<ID: TextIdentifier>() -> ID? {
        plainText().flatMap { ID(String(decoding: $0, as: UTF8.self)) }
    }
}
