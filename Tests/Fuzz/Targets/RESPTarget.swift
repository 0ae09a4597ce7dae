@testable import Bus
@testable import Redis
@testable import Schema

/// What Redis sends: replies, and what each may be taken for.
enum RESPTarget: FuzzTarget {
    private struct Conversation: Equatable {
        var replies: [RedisReply] = []
        var failure: RedisError?
    }

    static func read(_ input: [UInt8]) {
        for limits in [
            ample, ReplyLimits(bytes: 64, values: 6, depth: 2),
        ] {
            let whole = conversation([input], limits)
            require(conversation(pieces(of: input), limits) == whole, "a reply differs by how it was cut")
            for reply in whole.replies {
                require(
                    conversation([written(reply)], ample).replies == [reply], "a reply does not come back")
                take(reply)
            }
        }
    }

    private static let ample = ReplyLimits(bytes: 1 << 20, values: 4_096)

    private static func conversation(_ parts: [[UInt8]], _ limits: ReplyLimits) -> Conversation {
        let reader = ReplyReader(limits: limits)
        var seen = Conversation()
        for part in parts {
            do throws(RedisError) {
                try part.withUnsafeBufferPointer { bytes throws(RedisError) in
                    try reader.receive(UnsafeRawBufferPointer(bytes)) { reply in
                        seen.replies.append(reply)
                        return true
                    }
                }
            } catch {
                seen.failure = error
                break
            }
        }
        return seen
    }

    private static func written(_ reply: RedisReply) -> [UInt8] {
        switch reply {
        case .status(let text): Array("+\(text)\r\n".utf8)
        case .error(let text): Array("-\(text)\r\n".utf8)
        case .integer(let number): Array(":\(number)\r\n".utf8)
        case .bulk(let bytes): Array("$\(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8)
        case .null: Array("$-1\r\n".utf8)
        case .array(let elements): Array("*\(elements.count)\r\n".utf8) + elements.flatMap(written)
        }
    }

    /// Everything in the bus that reads a reply is given each.
    private static func take(_ reply: RedisReply) {
        if let extent = RoomMark(reply).extent { check(extent) }
        if let standing = RoomStanding(reply) { check(standing.extent) }
        _ = MemberList(reply, asked: [])
        _ = (Push(reply), reply.result, StreamEntry.lists(reply))
        for entry in StreamEntry.list(reply) ?? [] {
            if let type = entry.text("type"),
                let data = entry["data"].flatMap({ try? JSONValue(parsing: $0) })
            {
                if let event = ControlEvent(type: type, data: data) {
                    require(
                        ControlEvent(type: event.type, data: event.data) == event,
                        "an event does not come back")
                }
            }
            if let envelope = LoggedEnvelope(entry) {
                require(LogPosition.isPossible(envelope.seq), "a place that cannot be")
            }
        }
        if case .failure(.server(let message)) = reply.result {
            require(message.count <= 512, "an error without end")
        }
    }

    private static func check(_ extent: LogExtent) {
        for epoch in extent.epochs {
            require(
                LogPosition.isPossible(epoch.first) && LogPosition.isPossible(epoch.last),
                "a place that cannot be")
            _ = extent.goesBeyond(LogPosition(epoch: epoch.epoch, seq: epoch.last))
        }
        require(
            extent.epoch(extent.newest.epoch)?.last == extent.newest.seq, "the present epoch is not found")
    }
}
