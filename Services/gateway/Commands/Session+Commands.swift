import Engine
import Schema

extension Session {
    /// Carries out what a client asks: each kind of frame has a file beside this one.
    func perform(_ frame: ClientFrame) {
        let replyTo = frame.replyID
        if case .authenticate(let token) = frame.command { return authenticate(token, replyTo: replyTo) }
        guard let identity = state.identity else { return fail(.notAuthenticated, replyTo: replyTo) }
        switch frame.command {
        case .authenticate: break
        case .joinRoom(let join):
            inTurn(join.room, replyTo: replyTo) { await self.join(join, replyTo: replyTo) }
        case .leaveRoom(let room): inTurn(room, replyTo: replyTo) { self.leave(room, replyTo: replyTo) }
        case .sendMessage(let message): send(message, as: identity, replyTo: replyTo)
        case .typingStart(let room):
            inTurn(room, replyTo: replyTo) { self.startTyping(in: room, replyTo: replyTo) }
        case .typingStop(let room):
            inTurn(room, replyTo: replyTo) { self.stopTyping(in: room, replyTo: replyTo) }
        case .getPresence(.room(let room)):
            behind(room, replyTo: replyTo) { self.answer(.room(room), for: identity, replyTo: replyTo) }
        case .getPresence(let request): answer(request, for: identity, replyTo: replyTo)
        case .getHistory(let request):
            behind(request.room, replyTo: replyTo) { self.answer(request, for: identity, replyTo: replyTo) }
        case .ping(let echo): send(Pong(echo, serverTime: WallClock.milliseconds()), replyTo: replyTo)
        }
    }
}
