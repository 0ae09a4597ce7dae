public import Redis
public import Schema

/// Writes the copies of people's status after what their devices say.
///
/// A copy stands in another slot than the devices, so the two cannot be changed as one: somebody may connect between
/// our look at the devices and our write, and their gateway's copy come before ours. Hence we look again after each
/// write. A gateway that changes the devices later than our last look writes its copy later than ours.
public struct StatusCopies {
    private let redis: RedisClient

    /// Devices that change faster than this are being written by their gateways.
    private static let attempts = 4

    /// Makes a writer.
    public init(redis: RedisClient) { self.redis = redis }

    /// Writes the copies of these people, until nothing changes any more.
    public func bringUpToDate(_ users: [UserHandle]) async throws(RedisError) {
        var written: [UserHandle: PresenceEntry] = [:]
        for _ in 0..<StatusCopies.attempts {
            let entries = try await states(of: users).filter { written[$0.user] != $0 }
            guard !entries.isEmpty else { return }
            _ = try await redis.together(entries.count) { number, done in
                redis.call(PresenceRecord.command(entries[number]), done)
            }
            for entry in entries { written[entry.user] = entry }
        }
    }

    private func states(of users: [UserHandle]) async throws(RedisError) -> [PresenceEntry] {
        let devices = try await redis.together(users.count) { number, done in
            redis.call(["HGETALL", .text(Keys.devices(users[number]))], done)
        }
        return zip(users, devices).map { PresenceEntry($0, devices: $1) }
    }
}

extension PresenceEntry {
    /// The state that a user's devices, as they stand in Redis, tell of.
    public init(_ user: UserHandle, devices: RedisReply) {
        let flat = devices.array ?? []
        let isOnline = stride(from: 0, to: flat.count - 1, by: 2).contains { index in
            flat[index].text != "last_seen" && (flat[index + 1].int ?? 0) > 0
        }
        self.init(
            user, isOnline ? .online : .offline, lastSeen: isOnline ? nil : devices["last_seen"].int)
    }
}
