/// What comes in on a connection that subscribes (RESP2: arrays whose first element says what they are).
enum Push: Hashable {
    case message(channel: [UInt8], payload: [UInt8])
    case subscribed([UInt8])
    case unsubscribed([UInt8])
    case pong
    case refused(RedisError)

    /// Reads a reply; nil where it is nothing that a subscribing connection gets.
    init?(_ reply: RedisReply) {
        switch reply {
        case .array(let elements): self.init(elements)
        case .status("PONG"): self = .pong  // while no channel is subscribed
        case .error(let message): self = .refused(.reply(message))
        default: return nil
        }
    }

    private init?(_ elements: [RedisReply]) {
        guard elements.count >= 2, case .bulk(let kind) = elements[0] else { return nil }
        guard case .bulk(let channel) = elements[1] else { return nil }
        switch kind {
        case Kind.message:
            guard elements.count == 3, case .bulk(let payload) = elements[2] else { return nil }
            self = .message(channel: channel, payload: payload)
        case Kind.subscribed: self = .subscribed(channel)
        case Kind.unsubscribed: self = .unsubscribed(channel)
        case Kind.pong: self = .pong
        default: return nil
        }
    }
}

/// The first elements, as bytes: they are compared for every message.
private enum Kind {
    static let message = Array("smessage".utf8)
    static let subscribed = Array("ssubscribe".utf8)
    static let unsubscribed = Array("sunsubscribe".utf8)
    static let pong = Array("pong".utf8)
}
