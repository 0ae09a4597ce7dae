public import Redis

/// What all devices of a user are told.
///
/// Arguments stand in `direct.lua`.
public enum DirectFunctions {
    /// The library, as built into the program.
    public static let library = FunctionLibrary(
        name: "parley_direct_1", source: String(decoding: PackageResources.direct_lua, as: UTF8.self))

    /// Tells a notice, whatever it is of.
    public static let tellNotice = RedisFunction(name: "user_tell", library: library)
    /// Tells that a direct message has its place.
    public static let tell = RedisFunction(name: "direct_tell", library: library)
}
