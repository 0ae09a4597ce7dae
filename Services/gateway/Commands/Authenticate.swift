import Bus
import Schema

extension Session {
    /// `authenticate`: says who one is, or renews the token of a live connection.
    func authenticate(_ token: String, replyTo: ReplyID?) {
        guard let known = state.identity else { return judge(token, replyTo: replyTo) }
        switch shard.authority.identity(of: token) {
        case .success(let identity) where identity.user == known.user:
            send(
                Authenticated(tokenExpiresAt: identity.expires * 1000), replyTo: replyTo, user: identity.user)
            renew(identity)
        // Another user's token does not change who a connection is.
        case .success: close(.tokenInvalid)
        case .failure(let failure): close(failure.closeReason)
        }
    }
}
