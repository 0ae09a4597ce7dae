/// `send_message`: what is to be said, where, and what the sender waits for.
public struct SendMessage: Hashable, Sendable {
    /// Where it goes.
    public enum Destination: Hashable, Sendable {
        case room(RoomID)
        case user(UserHandle)
    }

    /// What the sender waits for.
    public enum Acknowledgement: String, Hashable, Sendable {
        case accepted, stored
    }

    /// Where it goes.
    public var destination: Destination
    /// What is said.
    public var message: NewMessage
    /// What the sender waits for.
    public var ack: Acknowledgement
    /// Whether it comes from an outbox, so that the archive is asked too.
    public var isRetry: Bool

    init(_ fields: FrameFields, _ limits: Limits) throws(SchemaError) {
        destination = try Self.destination(fields)
        message = NewMessage(
            content: try Self.content(fields, limits),
            clientMessageID: try fields.optional("client_msg_id") { $0.text.flatMap(ClientMessageID.init) },
            replyTo: try fields.optional("reply_to") { $0.text.flatMap(MessageID.init) },
            metadata: try Self.metadata(fields, limits))
        ack = try fields.optional("ack") { $0.text.flatMap(Acknowledgement.init) } ?? .accepted
        isRetry = try fields.optional("retry", \.bool) ?? false
    }

    /// Exactly one of `room` and `to`; the connection's own room stands in only for both.
    private static func destination(_ fields: FrameFields) throws(SchemaError) -> Destination {
        guard let handle = try fields.optional("to", \.text) else { return .room(try fields.room()) }
        guard try fields.value("room") == nil else { throw .invalidField("to") }
        guard let user = UserHandle(handle) else { throw .noSuchUser }
        return .user(user)
    }

    /// A scalar has at least one byte, so short text need not be counted.
    private static func content(_ fields: FrameFields, _ limits: Limits) throws(SchemaError) -> String {
        let content = try fields.text("content")
        guard content.utf8.count > limits.contentChars else { return content }
        guard content.unicodeScalars.count <= limits.contentChars else { throw .contentTooLong }
        return content
    }

    private static func metadata(
        _ fields: FrameFields, _ limits: Limits
    ) throws(SchemaError) -> [String: JSONValue] {
        let metadata = try fields.optional("metadata", \.object) ?? [:]
        guard !metadata.isEmpty else { return [:] }
        let value = JSONValue.object(metadata)
        guard value.isNested(atMost: limits.metadataDepth), value.encoded.count <= limits.metadataBytes
        else { throw .invalidField("metadata") }
        return metadata
    }
}
