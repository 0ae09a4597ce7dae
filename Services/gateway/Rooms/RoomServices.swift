import Bus
import Engine
import Hosting
import Redis
import Schema

/// What a room needs of the process; the same for all rooms of a loop.
final class RoomServices {
    let loop: EventLoop
    let redis: RedisClient
    let channels: ChannelExchange
    let recent: RecentLog
    let archive: ArchivePages
    let directory: RoomDirectory
    let log: Log
    let metrics: GatewayMetrics
    /// Takes a user's connections out of a room that were seen to be members before this version of its list.
    let evict: (UserHandle, RoomID, Left.Reason, Int64) -> Void

    init(
        loop: EventLoop, redis: RedisClient, channels: ChannelExchange, recent: RecentLog,
        archive: ArchivePages, directory: RoomDirectory, log: Log, metrics: GatewayMetrics,
        evict: @escaping (UserHandle, RoomID, Left.Reason, Int64) -> Void
    ) {
        self.loop = loop
        self.redis = redis
        self.channels = channels
        self.recent = recent
        self.archive = archive
        self.directory = directory
        self.log = log
        self.metrics = metrics
        self.evict = evict
    }

    /// How long a join waits for its subscription.
    static let patienceMilliseconds = 5_000
    /// How long to wait before Redis or the archive is asked again for what it could not give.
    static let retryMilliseconds = 200
    /// How long an envelope of a newer member list waits for word of the change, before Redis is asked.
    static let controlMilliseconds = 20
    /// How long a hole waits for an archive that does not answer, before it becomes a gap.
    static let archivePatienceMilliseconds = 5_000
}
