import Engine
import Redis
import Schema

/// The users who have a connection here, and their channels.
///
/// Belongs to its loop.
final class People {
    private var sessions: [UserHandle: [ObjectIdentifier: Session]] = [:]
    private let subscriber: Subscriber
    private let presence: Presence
    /// Called when a direct message has its place: (user's connections, room, place).
    var onDirectMessage: (([Session], RoomID, LogPosition) -> Void)?

    init(subscriber: Subscriber, presence: Presence) {
        self.subscriber = subscriber
        self.presence = presence
    }

    func sessions(of user: UserHandle) -> [Session] { sessions[user].map { Array($0.values) } ?? [] }

    func arrived(_ session: Session, _ user: UserHandle) {
        let isFirst = sessions[user] == nil
        sessions[user, default: [:]][ObjectIdentifier(session)] = session
        presence.connected(user)
        guard isFirst else { return }
        subscriber.subscribe(
            Keys.userChannel(user), onMessage: { [weak self] in self?.received($0, for: user) })
    }

    func departed(_ session: Session, _ user: UserHandle, wasLost: Bool) {
        guard sessions[user]?.removeValue(forKey: ObjectIdentifier(session)) != nil else { return }
        presence.disconnected(user, wasLost: wasLost)
        guard sessions[user]?.isEmpty == true else { return }
        sessions[user] = nil
        subscriber.unsubscribe(Keys.userChannel(user))
    }

    /// Reads what was told: `direct room epoch seq`.
    private func received(_ bytes: UnsafeRawBufferPointer, for user: UserHandle) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard words.count == 4, words[0] == "direct", let room = RoomID(String(words[1])),
            let seq = Int64(words[3])
        else { return }
        onDirectMessage?(sessions(of: user), room, LogPosition(epoch: String(words[2]), seq: seq))
    }
}
