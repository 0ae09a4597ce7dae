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

    /// The people who are online in a room, by name.
    public static func online(in room: RoomID, from redis: RedisClient) async throws(RedisError)
        -> [UserHandle]
    {
        try await look(into: room, for: .max, redis).sorted { $0.text < $1.text }
    }

    /// The people who are online in a room where they are no more than so many, else as many of them; and how many there
    /// are.
    public static func online(
        in room: RoomID, atMost most: Int, from redis: RedisClient
    ) async throws(RedisError) -> (people: [UserHandle], count: Int) {
        let found = try await look(into: room, for: most, redis)
        let people = found.sorted { $0.text < $1.text }
        guard found.count > most else { return (people, people.count) }
        let count = try await redis.call("HGET", .text(Keys.online(room)), "").int
        return (Array(people.prefix(most)), max(Int(clamping: count ?? 0), found.count))
    }

    /// How many fields to read at a time: everybody else waits for as long as Redis is at it.
    private static let step: RedisArgument = "500"

    /// Reads who is online until all, or more than so many, have been found.
    private static func look(into room: RoomID, for most: Int, _ redis: RedisClient) async throws(RedisError)
        -> Set<UserHandle>
    {
        var found: Set<UserHandle> = []
        var cursor = Array("0".utf8)
        repeat {
            let reply = try await redis.call(
                "HSCAN", .text(Keys.online(room)), .bytes(cursor), "COUNT", step)
            guard let next = reply[0].bytes, let fields = reply[1].array else { throw .protocolViolation }
            // Fields with a space count the connections of one gateway, the empty one the people.
            for index in stride(from: 0, to: fields.count, by: 2) {
                if let user = fields[index].text.flatMap(UserHandle.init) { found.insert(user) }
            }
            cursor = next
        } while cursor != Array("0".utf8) && found.count <= most
        return found
    }
}
