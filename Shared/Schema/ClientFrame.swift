/// A client's frame, decoded and checked: what is asked, and the id that every reply to it carries.
public struct ClientFrame: Hashable, Sendable {
    /// The client's own `id`, which goes back in `reply_to_id`.
    public let replyID: ReplyID?

    /// What is asked.
    public let command: ClientCommand

    /// Decodes one text message.
    ///
    /// - Parameters:
    ///   - bytes: The whole message; its size was checked where it was received.
    ///   - defaultRoom: The room of `/ws/{room}`, which a frame may then leave out.
    ///   - limits: The limits of this server.
    public init(
        decoding bytes: UnsafeRawBufferPointer, defaultRoom: RoomID? = nil, limits: Limits = Limits()
    ) throws(RejectedFrame) {
        let text: FrameText
        do { text = try FrameText(parsing: bytes) } catch { throw RejectedFrame(error) }
        var readID: ReplyID?
        do {
            readID = try Self.replyID(text.id, bytes)
            command = try ClientCommand(
                try Self.type(text.type), FrameFields(text.data, defaultRoom: defaultRoom), limits)
            replyID = readID
        } catch {
            throw RejectedFrame(error, text, readID)
        }
    }

    /// Decodes one text message.
    public init(
        decoding bytes: [UInt8], defaultRoom: RoomID? = nil, limits: Limits = Limits()
    ) throws(RejectedFrame) {
        self = try bytes.withRawBytes { bytes throws(RejectedFrame) in
            try ClientFrame(decoding: bytes, defaultRoom: defaultRoom, limits: limits)
        }
    }

    private static func type(_ value: JSONValue?) throws(SchemaError) -> EventType {
        guard let word = value?.text else { throw .invalidField("type") }
        guard let type = EventType(rawValue: word) else { throw .unknownType }
        return type
    }

    /// The id as sent; `null` counts as none.
    private static func replyID(
        _ id: FrameText.ID?, _ bytes: UnsafeRawBufferPointer
    ) throws(SchemaError) -> ReplyID? {
        guard let id else { return nil }
        guard id.isUsable else { throw .invalidField("id") }
        switch id.value {
        case .null: return nil
        case .string, .int, .number: break
        default: throw .invalidField("id")
        }
        guard id.range.count <= Limits.frameIDBytes else { throw .invalidField("id") }
        return ReplyID(verbatim: Array(bytes[id.range]))
    }
}

/// A frame that was refused, with all of it that an answer needs.
public struct RejectedFrame: Error, Hashable, Sendable {
    /// Why.
    public var error: SchemaError

    /// The type it had, if it was one we know; a refused `send_message` is answered by `message_error`.
    public var type: EventType?

    /// The client's own id, if it could be read.
    public var replyID: ReplyID?

    /// The key of a `send_message`, if it could be read.
    public var clientMessageID: ClientMessageID?

    init(_ error: SchemaError) {
        self.error = error
    }

    /// Refuses a text that could be read, with what its answer can tell of it.
    fileprivate init(_ error: SchemaError, _ text: FrameText, _ replyID: ReplyID?) {
        self.error = error
        self.replyID = replyID
        type = text.type?.text.flatMap(EventType.init)
        guard type == .sendMessage, let key = text.data["client_msg_id"], key.isUsable else { return }
        clientMessageID = key.value.text.flatMap(ClientMessageID.init)
    }

    /// The answer: `message_error` for a send, so that an outbox can settle it; `error` for all else.
    public var answer: [UInt8] {
        guard type == .sendMessage else {
            return ServerFrame.bytes(Failure(error.code, field: error.field), replyTo: replyID)
        }
        let answer = MessageError(error.code, clientMessageID: clientMessageID, field: error.field)
        return ServerFrame.bytes(answer, replyTo: replyID)
    }
}
