public import Redis

/// Auth's copy of the members in Redis.
///
/// Arguments stand in `membership.lua`.
public enum MembershipFunctions {
    /// The library, as built into the program.
    public static let library = FunctionLibrary(
        name: "parley_membership_1", source: String(decoding: PackageResources.membership_lua, as: UTF8.self))

    /// Writes all of a room's members.
    public static let roomLoad = RedisFunction(name: "room_load", library: library)
    /// Vouches for the members that were written.
    public static let roomVouch = RedisFunction(name: "room_vouch", library: library)
    /// Writes and removes members, of one room or of several.
    public static let membersSet = RedisFunction(name: "members_set", library: library)
    /// Writes visibility and policy.
    public static let roomSet = RedisFunction(name: "room_set", library: library)
    /// Forgets that anybody vouched for the room.
    public static let roomUnload = RedisFunction(name: "room_unload", library: library)
}
