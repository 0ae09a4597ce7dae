import Engine
import Redis
import Schema

/// The users who have a connection here, and their channels.
///
/// Belongs to its loop. Who was lost is heard for a while longer: mostly they come back, and nothing has to be asked.
/// Which connections they are is all that it knows of them.
final class People<Connection: AnyObject> {
    private struct Record {
        /// The first connection; mostly there is no other, and no list to be kept.
        var first: Connection?
        var others: [Connection] = []
        /// How many lost connections have kept the channel a while, and still do.
        var lingering = 0

        var sessions: [Connection] { (first.map { [$0] } ?? []) + others }
        var isEmpty: Bool { first == nil && others.isEmpty }

        mutating func add(_ session: Connection) {
            if isEmpty { first = session } else { others.append(session) }
        }

        /// Says whether it was there.
        mutating func remove(_ session: Connection) -> Bool {
            if first === session {
                first = nil
                return true
            }
            guard let index = others.firstIndex(where: { $0 === session }) else { return false }
            others.remove(at: index)
            return true
        }
    }

    private var records: [UserHandle: Record] = [:]
    private let loop: EventLoop
    private let channels: ChannelExchange
    private let presence: Presence
    private let inbox: DirectInbox
    private let lingerMilliseconds: Int
    /// Called when a direct message has its place: (user's connections, room, place).
    var onDirectMessage: (([Connection], RoomID, LogPosition) -> Void)?
    /// Called when a message could not be archived: (its sender's connections, the message).
    var onDeadLetter: (([Connection], DeadLetter) -> Void)?

    init(
        loop: EventLoop, channels: ChannelExchange, presence: Presence, inbox: DirectInbox,
        lingerMilliseconds: Int = Presence.lingerMilliseconds
    ) {
        self.loop = loop
        self.lingerMilliseconds = lingerMilliseconds
        self.channels = channels
        self.presence = presence
        self.inbox = inbox
        inbox.onNotice = { [weak self] in self?.told($0, $1) }
    }

    func sessions(of user: UserHandle) -> [Connection] { records[user]?.sessions ?? [] }

    func arrived(_ session: Connection, _ user: UserHandle) {
        let isFirst = records[user] == nil
        records[user, default: Record()].add(session)
        presence.connected(user)
        if isFirst { hear(user) }
    }

    func departed(_ session: Connection, _ user: UserHandle, wasLost: Bool) {
        guard records[user]?.remove(session) == true else { return }
        presence.disconnected(user, wasLost: wasLost)
        guard wasLost else { return endIfGone(user) }
        records[user]?.lingering += 1
        loop.schedule(afterMilliseconds: lingerMilliseconds) { [weak self] in
            self?.records[user]?.lingering -= 1
            self?.endIfGone(user)
        }
    }

    private func hear(_ user: UserHandle) {
        inbox.begin(user)
        channels.subscribe(Keys.userChannel(user), UserEar(user, inbox))
    }

    private func endIfGone(_ user: UserHandle) {
        guard let record = records[user], record.isEmpty, record.lingering == 0 else { return }
        records[user] = nil
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
