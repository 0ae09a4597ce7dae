internal import Redis
internal import RoomFunctions

/// A question of what a room is to a user that is under way, its answer to be taken later.
///
/// Belongs to its loop.
public final class RoomInquiry {
    private var reply: Result<RedisReply, RedisError>?
    private var waiting: UnsafeContinuation<Void, Never>?

    /// The answer, once it is there; nil where there was none, or auth has to load the room first.
    ///
    /// Taken by one only.
    public var standing: RoomStanding? {
        get async {
            if reply == nil { await withUnsafeContinuation { waiting = $0 } }
            return (try? reply?.get()).flatMap { RoomStanding($0) }
        }
    }

    func answered(_ reply: Result<RedisReply, RedisError>) {
        self.reply = reply
        waiting?.resume()
        waiting = nil
    }
}
