import Bus
import Engine
import Redis
import Schema

extension Session {
    /// `send_message`: into a room, or to somebody.
    func send(_ request: SendMessage, as identity: Identity, replyTo: ReplyID?) {
        let room: RoomID =
            switch request.destination {
            case .room(let room): room
            case .user(let user): RoomID.direct(identity.user, user)
            }
        let message = OutgoingMessage(
            room: room, request: request, replyID: replyTo, sender: identity, trace: trace,
            arrived: shard.loop.now)
        guard identity.mayEnter(room), room.admits(identity.user) else {
            return refuse(message, .roomDenied)
        }
        guard request.ack != .stored || shard.stored.admits(self) else { return refuse(message, .overloaded) }
        guard waitingBytes + message.byteCount <= Session.waitingLimit, shard.sender.backlog.enter(message)
        else {
            return refuse(message, .overloaded)
        }
        waitingBytes += message.byteCount
        // Mostly nothing is to be waited for, and no closure to be made.
        if isBusy(with: room) { behind(room) { self.enter(message) } } else { enter(message) }
    }

    /// A connection that has ended still has its accepted frames carried out: they were sent.
    private func enter(_ message: OutgoingMessage) {
        shard.sender.send(message, in: sendLanes.lane(to: message.room)) { [self] outcome in
            settle(message, outcome)
            waitingBytes -= message.byteCount
            shard.sender.backlog.leave(message)
            sendLanes.ended(in: message.room)
        }
    }

    /// How many bytes of messages may wait to be accepted on one connection.
    private static var waitingLimit: Int { 1_048_576 }

    private func settle(_ message: OutgoingMessage, _ outcome: SendOutcome) {
        switch outcome {
        case .accepted(let id, let position, let isDuplicate, let stored):
            let receipt = MessageReceipt.sent(message.key, id: id, at: position, isDuplicate: isDuplicate)
            send(receipt, replyTo: message.replyID, room: message.room)
            if message.request.ack == .stored { tellStored(receipt, message, stored) }
        case .limited(let used, let most, let wait):
            let limit = RateLimitExceeded(
                scope: .user, messagesSent: used, maxMessages: most, retryAfterMilliseconds: wait,
                clientMessageID: message.key)
            send(limit, replyTo: message.replyID, room: message.room)
        case .refused(let code): refuse(message, code)
        }
    }

    private func refuse(_ message: OutgoingMessage, _ code: ErrorCode) {
        let error = MessageError(code, clientMessageID: message.key)
        send(error, replyTo: message.replyID, room: message.room)
    }

    private func tellStored(_ receipt: MessageReceipt, _ message: OutgoingMessage, _ stored: Int64) {
        let wait = StoredWait(room: message.room, receipt: receipt, replyID: message.replyID)
        guard stored != SendOutcome.archived else { return settled(wait, .stored) }
        shard.stored.wait(wait, isDue: receipt.position.seq <= stored, on: self)
    }
}

extension Session: StoredListener {
    func settled(_ wait: StoredWait, _ fate: StoredStanding.Fate) {
        let key = wait.receipt.clientMessageID
        switch fate {
        case .stored: send(wait.receipt.stored, replyTo: wait.replyID, room: wait.room)
        case .dead:
            let letter = DeadLetter(room: wait.room, position: wait.position, key: key)
            send(letter.error, replyTo: wait.replyID, room: wait.room)
        // The archive did not have it when it was asked; sent again with `retry`, it is accepted once in any case.
        case .lost: send(MessageError(.timeout, clientMessageID: key), replyTo: wait.replyID, room: wait.room)
        }
    }
}
