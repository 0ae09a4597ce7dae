import Engine
import Redis
import Schema

/// The users who have a connection here, and their channels.
///
/// Belongs to its loop.
final class People {
    private var sessions: [UserHandle: [ObjectIdentifier: Session]] = [:]
    private let channels: ChannelExchange
    private let presence: Presence
    private let inbox: DirectInbox
    /// Called when a direct message has its place: (user's connections, room, place).
    var onDirectMessage: (([Session], RoomID, LogPosition) -> Void)?
    /// Called when a message could not be archived: (its sender's connections, the message).
    var onDeadLetter: (([Session], DeadLetter) -> Void)?

    init(channels: ChannelExchange, presence: Presence, inbox: DirectInbox) {
        self.channels = channels
        self.presence = presence
        self.inbox = inbox
        inbox.onNotice = { [weak self] in self?.told($0, $1) }
    }

    func sessions(of user: UserHandle) -> [Session] { sessions[user].map { Array($0.values) } ?? [] }

    func arrived(_ session: Session, _ user: UserHandle) {
        let isFirst = sessions[user] == nil
        sessions[user, default: [:]][ObjectIdentifier(session)] = session
        presence.connected(user)
        guard isFirst else { return }
        inbox.begin(user)
        channels.subscribe(
            Keys.userChannel(user),
            onMessage: { [inbox] bytes in
                if let notice = UserNotice(bytes) { inbox.heard(user, notice) }
            },
            onReady: { [inbox] in inbox.confirmed(user) })
    }

    func departed(_ session: Session, _ user: UserHandle, wasLost: Bool) {
        guard sessions[user]?.removeValue(forKey: ObjectIdentifier(session)) != nil else { return }
        presence.disconnected(user, wasLost: wasLost)
        guard sessions[user]?.isEmpty == true else { return }
        sessions[user] = nil
        inbox.end(user)
        channels.unsubscribe(Keys.userChannel(user))
    }

    private func told(_ user: UserHandle, _ notice: UserNotice) {
        switch notice {
        case .direct(let room, let position, _): onDirectMessage?(sessions(of: user), room, position)
        case .dead(let letter, _): onDeadLetter?(sessions(of: user), letter)
        }
    }
}
