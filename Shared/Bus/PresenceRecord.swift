public import Redis
public import Schema

/// The copies of people's status that anyone may read: `presence:user:NAME`.
public enum PresenceRecord {
    /// How long a copy lives while its user is online, in seconds; it is written again after half of that.
    public static let onlineSeconds = 86_400
    private static let offlineSeconds = 2_592_000

    /// The command that writes the copy of somebody's state.
    public static func command(_ entry: PresenceEntry) -> [RedisArgument] {
        var writer = JSONWriter()
        writer.object { entry.write(to: &$0) }
        let seconds = entry.status == .offline ? offlineSeconds : onlineSeconds
        return [
            "SET", .text(Keys.presence(entry.user)), .bytes(writer.bytes), "EX", .int(Int64(seconds)),
        ]
    }

    /// The states of these people, in their order; who has no copy is offline.
    public static func read(_ users: [UserHandle], from redis: RedisClient) async throws(RedisError)
        -> [PresenceEntry]
    {
        guard !users.isEmpty else { return [] }
        let reply = try await redis.call(["MGET"] + users.map { .text(Keys.presence($0)) })
        return users.enumerated().map { index, user in
            guard let json = reply[index].bytes.flatMap({ try? JSONValue(parsing: $0) }),
                let status = json["status"]?.text.flatMap(PresenceStatus.init(rawValue:))
            else { return PresenceEntry(user, .offline) }
            return PresenceEntry(
                user, status, lastSeen: json["last_seen"]?.int, text: json["text"]?.text)
        }
    }

    /// The people who are online in a room.
    public static func online(in room: RoomID, from redis: RedisClient) async throws(RedisError)
        -> [UserHandle]
    {
        let names = try await redis.call("HKEYS", .text(Keys.online(room))).array ?? []
        // Fields with a space count the connections of one gateway, the empty one the people.
        return names.compactMap { $0.text.flatMap(UserHandle.init) }.sorted { $0.text < $1.text }
    }
}
