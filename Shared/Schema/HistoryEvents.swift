// What `data` holds for pages of history (protocol, 4.2); the room stands beside `type`.

/// `history`: a page of envelopes, in order of seq; the same members are the body of the REST answer.
public struct HistoryPage: Payload, Hashable {
    /// The envelopes as they stand on the wire.
    public var messages: [[UInt8]]
    /// The seq before which older ones lie; nil at the beginning.
    public var nextBefore: Int64?
    /// The seq after which newer ones lie; nil at the end.
    public var nextAfter: Int64?
    /// Whether nothing lies further in the direction that was asked for.
    public var isComplete: Bool

    /// Takes a page.
    public init(messages: [[UInt8]], nextBefore: Int64?, nextAfter: Int64?, isComplete: Bool) {
        self.messages = messages
        self.nextBefore = nextBefore
        self.nextAfter = nextAfter
        self.isComplete = isComplete
    }

    /// The type.
    public var type: EventType { .history }

    /// Writes the members of `data`.
    public func write(to data: inout JSONWriter) {
        data.array("messages") { list in messages.forEach { list.verbatim($0) } }
        data.member("next_before", nextBefore)
        data.member("next_after", nextAfter)
        data.member("complete", isComplete)
    }
}
