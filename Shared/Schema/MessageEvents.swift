// What `data` holds for messages and the answers to sending one (protocol, 4.2).

/// `new_message`: what somebody wrote, as written.
public struct NewMessage: Payload, Hashable {
    /// The text.
    public var content: String
    /// The sender's own key for it.
    public var clientMessageID: ClientMessageID?
    /// The message it answers.
    public var replyTo: MessageID?
    /// What the client added.
    public var metadata: [String: JSONValue]

    /// Takes the parts of a message.
    public init(
        content: String, clientMessageID: ClientMessageID? = nil, replyTo: MessageID? = nil,
        metadata: [String: JSONValue] = [:]
    ) {
        self.content = content
        self.clientMessageID = clientMessageID
        self.replyTo = replyTo
        self.metadata = metadata
    }

    /// The type.
    public var type: EventType { .newMessage }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("content", content)
        data.member("client_msg_id", clientMessageID)
        data.member("reply_to", replyTo)
        data.object("metadata") { $0.members(metadata) }
    }
}

/// `message_sent` or `message_stored`: where a message stands, and whether its key had been accepted before.
public struct MessageReceipt: Payload, Hashable {
    /// `message_sent` or `message_stored`.
    public var type: EventType
    /// The sender's own key.
    public var clientMessageID: ClientMessageID?
    /// The id the message was given.
    public var id: MessageID
    /// Its place in the room's log.
    public var position: LogPosition
    /// Whether this key had been accepted before.
    public var isDuplicate: Bool

    /// The receipt for an accepted message.
    public static func sent(
        _ clientMessageID: ClientMessageID?, id: MessageID, at position: LogPosition, isDuplicate: Bool
    ) -> MessageReceipt {
        MessageReceipt(
            type: .messageSent, clientMessageID: clientMessageID, id: id, position: position,
            isDuplicate: isDuplicate)
    }

    /// The receipt for the same message once the archive has committed it.
    public var stored: MessageReceipt {
        var receipt = self
        receipt.type = .messageStored
        return receipt
    }

    /// Writes the members of `data`; the room stands beside `type`.
    public func write(to data: inout JSONWriter) {
        data.member("client_msg_id", clientMessageID)
        data.member("id", id)
        data.member("epoch", position.epoch)
        data.member("seq", position.seq)
        data.member("ts", id.milliseconds)
        data.member("duplicate", isDuplicate)
    }
}

/// `message_error`: why a message was not accepted.
public struct MessageError: Payload, Hashable {
    /// The sender's own key.
    public var clientMessageID: ClientMessageID?
    /// Why.
    public var code: ErrorCode
    /// The field at fault, with `invalid_field`.
    public var field: String?
    /// When to try again, where that is known; for no code so far, so that clients wait a growing pause.
    public var retryAfterMilliseconds: Int64?

    /// Takes the reason.
    public init(
        _ code: ErrorCode, clientMessageID: ClientMessageID?, field: String? = nil,
        retryAfterMilliseconds: Int64? = nil
    ) {
        self.code = code
        self.clientMessageID = clientMessageID
        self.field = field
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// The type.
    public var type: EventType { .messageError }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.member("client_msg_id", clientMessageID)
        data.failure(code, field: field)
        if let retryAfterMilliseconds { data.member("retry_after_ms", retryAfterMilliseconds) }
    }
}

/// `rate_limit_exceeded`: a limit, how far it is used, and when the next try would pass.
public struct RateLimitExceeded: Payload, Hashable {
    /// What the limit counts.
    public enum Scope: String, Hashable, Sendable {
        case user, room, ip, connection
    }

    /// What the limit counts.
    public var scope: Scope
    /// How many messages stand in the window.
    public var messagesSent: Int
    /// How many it may hold.
    public var maxMessages: Int
    /// When the next would pass.
    public var retryAfterMilliseconds: Int64
    /// The key of the refused message.
    public var clientMessageID: ClientMessageID?

    /// Takes the state of the limit.
    public init(
        scope: Scope, messagesSent: Int, maxMessages: Int, retryAfterMilliseconds: Int64,
        clientMessageID: ClientMessageID? = nil
    ) {
        self.scope = scope
        self.messagesSent = messagesSent
        self.maxMessages = maxMessages
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.clientMessageID = clientMessageID
    }

    /// The type.
    public var type: EventType { .rateLimitExceeded }

    /// Writes the members of `data`; seconds are rounded up, so that who waits them passes.
    public func write(to data: inout JSONWriter) {
        data.member("error", ErrorCode.rateLimited.text)
        data.member("scope", scope.rawValue)
        data.object("rate_limit_info") { info in
            info.member("messages_sent", messagesSent)
            info.member("max_messages", maxMessages)
            info.member(
                "time_until_reset", retryAfterMilliseconds / 1_000 + (retryAfterMilliseconds % 1_000).signum()
            )
        }
        data.member("retry_after_ms", retryAfterMilliseconds)
        if let clientMessageID { data.member("client_msg_id", clientMessageID) }
    }
}

extension JSONWriter {
    /// Writes the members that all errors share.
    mutating func failure(_ code: ErrorCode, field: String?) {
        member("code", code.rawValue)
        member("error", code.text)
        member("retryable", code.isRetryable)
        if let field { member("field", field) }
    }
}
