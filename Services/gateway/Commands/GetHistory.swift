import Bus
import Engine
import Schema
import Web

extension Session {
    /// How many pages may be on their way to one connection, or wait here for room in its queue: each may be 256 KiB.
    static var pagesAtOnce: Int { 4 }
    /// How long after somebody was found to be a member a page is still for them.
    private static var pageStandingMilliseconds: Int { 500 }

    /// `get_history`: a page, read by the history service.
    ///
    /// Whoever asks for many at once gets them as fast as they read, and is not closed for what they have asked; all who
    /// read slowly together get no more of them than the gateway has room for.
    func answer(_ request: GetHistory, for identity: Identity, replyTo: ReplyID?) {
        begin(answering: replyTo, about: request.room) {
            await self.pages.enter()
            defer { self.pages.leave() }
            await self.waitForRoom()
            guard self.isOpen else { return }
            do throws(BusError) {
                try await self.shard.requireMember(identity, of: request.room)
                // Nobody there to answer: each question would cost its asker five seconds to hear that.
                guard self.shard.degradation.isHistoryAnswering else { throw .refused(.historyUnavailable) }
                var judged = self.shard.loop.now
                let page = try await self.page(request, replyTo)
                await self.waitForRoom()
                // Removed while they did not read: nothing more of the room is for them. Room for it is looked for last,
                // as others took what there was while one was judged.
                while self.shard.loop.now.milliseconds(since: judged) > Session.pageStandingMilliseconds {
                    try await self.shard.requireMember(identity, of: request.room)
                    judged = self.shard.loop.now
                    await self.waitForRoom()
                }
                self.send(page)
            } catch {
                self.fail(error.historyCode, replyTo: replyTo, room: request.room)
            }
        }
    }

    /// The page as it will be sent, which is counted from when it is asked for.
    private func page(_ request: GetHistory, _ replyTo: ReplyID?) async throws(BusError) -> MessageFrame {
        guard shard.pageRoom.enter(beside: shard.heldBytes) else {
            shard.metrics.met(.memory)
            throw .refused(.overloaded)
        }
        defer { shard.pageRoom.leave() }
        let page = try await shard.rpc.text("history", "page", request.json)
        return MessageFrame(
            text: ServerFrame.bytes(VerbatimData(.history, page), replyTo: replyTo, room: request.room))
    }
}

extension GetHistory {
    fileprivate var json: JSONValue {
        var members: [String: JSONValue] = ["room": .string(room.text), "limit": .int(Int64(limit))]
        switch direction {
        case .newest: break
        case .before(let seq): members["before"] = .int(seq)
        case .after(let seq): members["after"] = .int(seq)
        }
        return .object(members)
    }
}

extension BusError {
    /// An archive that does not answer is unavailable, whatever the reason.
    fileprivate var historyCode: ErrorCode { self == .timeout ? .historyUnavailable : code }
}

/// A payload that another service has written: its envelopes keep their form.
private struct VerbatimData: Payload {
    let type: EventType
    private let object: [UInt8]

    init(_ type: EventType, _ object: [UInt8]) {
        self.type = type
        self.object = object
    }

    /// The members of the object, without its braces.
    func write(to data: inout JSONWriter) {
        let members = object.dropFirst().dropLast()
        if !members.isEmpty { data.verbatim(members) }
    }
}
