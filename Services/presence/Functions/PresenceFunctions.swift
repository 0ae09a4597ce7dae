public import Redis

/// Who is where.
///
/// Arguments stand in `presence.lua`.
public enum PresenceFunctions {
    /// The library, as built into the program.
    public static let library = FunctionLibrary(
        name: "parley_presence_1", source: String(decoding: PackageResources.presence_lua, as: UTF8.self))

    /// States how many devices of a user a gateway has.
    public static let deviceSet = RedisFunction(name: "device_set", library: library)
    /// States how many connections of a user a gateway has in a room.
    public static let onlineSet = RedisFunction(name: "online_set", library: library)
}

/// The message limit.
///
/// Arguments stand in `limits.lua`.
public enum LimitFunctions {
    /// The library, as built into the program.
    public static let library = FunctionLibrary(
        name: "parley_limits_1", source: String(decoding: PackageResources.limits_lua, as: UTF8.self))

    /// Takes a unit.
    public static let take = RedisFunction(name: "limit_take", library: library)
    /// Gives a unit back.
    public static let giveBack = RedisFunction(name: "limit_return", library: library)
    /// Says what is left.
    public static let look = RedisFunction(name: "limit_look", library: library, isReadOnly: true)
    /// Changes the policies of roles.
    public static let setPolicies = RedisFunction(name: "policies_set", library: library)
    /// Gives policies back that have been lost.
    public static let restorePolicies = RedisFunction(name: "policies_restore", library: library)
}
