/// Every Redis key, stream and channel name: here and nowhere else.
///
/// What belongs to a room or a partition carries `{pNN}`, what belongs to a user `{u:NAME}`, so that one
/// function call finds all its keys in one slot.
public enum Keys {
    /// Texts behind each other, in memory that is asked for once: an interpolation takes four times as long.
    private static func joined(
        _ first: String, _ second: String, _ third: String, _ fourth: String = "", _ fifth: String = ""
    ) -> String {
        let parts = (first.utf8, second.utf8, third.utf8, fourth.utf8, fifth.utf8)
        let count = parts.0.count + parts.1.count + parts.2.count + parts.3.count + parts.4.count
        return String(unsafeUninitializedCapacity: count) { memory in
            var end = 0
            func append(_ part: String.UTF8View) {
                end = memory[end...].initialize(fromContentsOf: part)
            }
            append(parts.0)
            append(parts.1)
            append(parts.2)
            append(parts.3)
            append(parts.4)
            return end
        }
    }
}

// MARK: - Rooms

extension Keys {
    /// Hash: what the room is and how far its log goes.
    public static func room(_ room: RoomID) -> String { key(of: room, "") }

    /// Hash: member → role, mute.
    public static func members(_ room: RoomID) -> String { key(of: room, ":members") }

    /// Hash: user and gateway incarnation → devices there.
    public static func online(_ room: RoomID) -> String { key(of: room, ":online") }

    /// Stream with ids `seq-0`: the room's log, its newest part and all that the archive lacks.
    public static func recent(_ room: RoomID) -> String { key(of: room, ":recent") }

    /// The two hashes of idempotency, of which functions in Redis pick by its clock; nobody else names them but tests.
    public static func seen(_ room: RoomID) -> [String] {
        let room = self.room(room)
        return ["\(room):seen:0", "\(room):seen:1"]
    }

    /// Sharded channel: the room's live envelopes.
    public static func roomChannel(_ room: RoomID) -> String { self.room(room) }

    private static func key(of room: RoomID, _ part: String) -> String {
        joined("{", room.partition.tag, "}:room:", room.text, part)
    }
}

// MARK: - Partitions

extension Keys {
    /// Sorted set: rooms of whose logs the archive lacks something, by the time since when (ms); also a sharded channel, which
    /// wakes who writes the archive.
    public static func unstored(_ partition: Partition) -> String { "{\(partition.tag)}:unstored" }

    /// Sorted set: rooms that have a log, by the time (ms) when it was last looked at whether that can be forgotten.
    public static func logs(_ partition: Partition) -> String { "{\(partition.tag)}:logs" }

    /// Number: the bytes of envelopes that the archive lacks.
    public static func unstoredBytes(_ partition: Partition) -> String { "\(unstored(partition)):bytes" }

    /// Stream: the log of the partition as builds before the first release had it, to be taken over.
    public static func formerLog(_ partition: Partition) -> String { "{\(partition.tag)}:log" }

    /// String: which history instance writes the partition, and its token.
    public static func logLease(_ partition: Partition) -> String { "{\(partition.tag)}:log:lease" }

    /// Stream: dead letters, which the archive could not take.
    public static func logDead(_ partition: Partition) -> String { "{\(partition.tag)}:log:dead" }

    /// Sharded channel: after each commit a line `room epoch seq` for each of its rooms.
    public static func storedChannel(_ partition: Partition) -> String { "{\(partition.tag)}:stored" }
}

extension Keys {
    /// Sorted set: the instances of history that are there, by the time until which that holds.
    public static let historyInstances = "history:instances"
}

// MARK: - Users

extension Keys {
    /// Sharded channel: notices for the gateways that a user is connected to.
    public static func userChannel(_ user: UserHandle) -> String { "{u:\(user)}" }

    /// Stream: what the user's gateways were last told: of direct messages, and of their own that were dead letters.
    public static func directNotices(_ user: UserHandle) -> String { "\(userChannel(user)):direct" }

    /// Hash: a login session, with the rooms to rejoin.
    public static func session(_ user: UserHandle, _ sessionID: String) -> String {
        "{u:\(user)}:s:\(sessionID)"
    }

    /// Hash: the user's devices by gateway incarnation; kept for 30 days after the last has gone.
    public static func devices(_ user: UserHandle) -> String { "{u:\(user)}:devices" }

    /// List: the units of the user's message limit.
    public static func limit(_ user: UserHandle) -> String { joined("{u:", user.text, "}:units") }

    /// String with a TTL, JSON: auth's copy of the account (name, roles).
    public static func profile(_ user: UserHandle) -> String { "{u:\(user)}:profile" }

    /// JSON with a TTL: the user's status, for anyone to read.
    public static func presence(_ user: UserHandle) -> String { "presence:user:\(user)" }
}

// MARK: - Gateways

extension Keys {
    /// Set: the incarnations of gateways that have a lease, or whose lease is still to be swept.
    public static let gateways = "gateways"

    /// String with a TTL: a gateway's lease, holding its incarnation.
    public static func gateway(_ id: String) -> String { "gw:\(id)" }

    /// Set: the users with a device on this incarnation of a gateway.
    public static func gatewayUsers(_ incarnation: String) -> String { "gw:\(incarnation):users" }

    /// String with a TTL: what a gateway writes behind the messages that replicas shall have.
    public static func gatewayMark(_ incarnation: String) -> String { "gw:\(incarnation):mark" }

    /// Set of `room user`: who is online in which room on this incarnation of a gateway.
    public static func gatewayRooms(_ incarnation: String) -> String { "gw:\(incarnation):rooms" }
}

// MARK: - The whole cluster

extension Keys {
    /// Stream: revocations, key rotation, membership, drain.
    public static let controlLog = "control:log"

    /// Stream: requests to a service that need an answer.
    public static func rpc(_ service: String) -> String { "rpc:\(service)" }

    /// Sharded channel: the answers to one process.
    public static func reply(_ id: String) -> String { "reply:\(id)" }

    /// String with a TTL: some instance of the service can do its work.
    public static func alive(_ service: String) -> String { "alive:\(service)" }

    /// String with a TTL: some instance of the service answers what is asked, as far as it can.
    public static func answering(_ service: String) -> String { "answering:\(service)" }

    /// JSON: the JWKS, written by auth.
    public static let authKeys = "auth:keys"

    /// The live revocations, written by auth.
    public static let authRevoked = "auth:revoked"

    /// The run of Redis for which auth vouches that keys and revocations are complete.
    public static let authRun = "auth:run"

    /// String with a TTL: a one-time ticket, by the SHA-256 of its secret in lower-case hexadecimal.
    public static func ticket(sha256 digest: String) -> String { "ticket:\(digest)" }

    /// The rate-limit policies, written by presence.
    public static let limitsPolicies = "limits:policies"
}
