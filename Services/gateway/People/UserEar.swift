import Redis
import Schema

/// Hears one user's channel for the inbox.
final class UserEar: ChannelListener {
    private let user: UserHandle
    private let inbox: DirectInbox

    init(_ user: UserHandle, _ inbox: DirectInbox) {
        self.user = user
        self.inbox = inbox
    }

    func received(_ message: UnsafeRawBufferPointer) {
        if let notice = UserNotice(message) { inbox.heard(user, notice) }
    }

    func confirmed() { inbox.confirmed(user) }
}
