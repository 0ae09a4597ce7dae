public import Redis

/// The room's log: who may read it, and what gives a message its place.
///
/// Arguments stand in `room.lua`.
public enum RoomFunctions {
    /// The library, as built into the program.
    public static let library = FunctionLibrary(
        name: "parley_room_1", source: String(decoding: PackageResources.room_lua, as: UTF8.self))

    /// What a joining or reading member must know of the room.
    public static let enter = RedisFunction(name: "room_enter", library: library)
    /// Who of some users is a member.
    public static let roles = RedisFunction(name: "room_roles", library: library)
    /// Whether a client's key has been accepted before.
    public static let seen = RedisFunction(name: "room_seen", library: library)
    /// Gives a message its place.
    public static let accept = RedisFunction(name: "room_accept", library: library)
}
