import Bus
import Engine
import Hosting
import Redis
import Schema

/// What a room needs of the process.
struct RoomServices {
    let loop: EventLoop
    let redis: RedisClient
    let subscriber: Subscriber
    let recent: RecentLog
    let log: Log
    let metrics: GatewayMetrics
    /// Takes all of a user's connections out of a room.
    let evict: (UserHandle, RoomID, Left.Reason) -> Void

    /// How long a join waits for its subscription.
    static let patienceMilliseconds = 5_000
    /// How long to wait before Redis is asked again for what it could not give.
    static let retryMilliseconds = 200
    /// How many missed envelopes a join reads by itself; the rest is read as the connection takes it.
    static let leadSize = 100
    /// How many envelopes a hole is filled with at once.
    static let fillLimit = 5_000
}
