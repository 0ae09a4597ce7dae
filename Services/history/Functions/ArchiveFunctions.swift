public import Redis

/// The way of a partition's rooms into the archive.
///
/// Arguments stand in `archive.lua`.
public enum ArchiveFunctions {
    /// The library, as built into the program.
    public static let library = FunctionLibrary(
        name: "parley_archive_1", source: String(decoding: PackageResources.archive_lua, as: UTF8.self))

    /// Takes or renews a partition's lease.
    public static let lease = RedisFunction(name: "log_lease", library: library)
    /// Gives the lease back.
    public static let release = RedisFunction(name: "log_release", library: library)
    /// Tells that an instance is there, and how many are.
    public static let announce = RedisFunction(name: "instance_announce", library: library)
    /// Acknowledges what is committed.
    public static let stored = RedisFunction(name: "log_stored", library: library)
    /// Forgets the logs of silent rooms.
    public static let sweep = RedisFunction(name: "log_sweep", library: library)
    /// Takes over what a build before has left.
    public static let adopt = RedisFunction(name: "log_adopt", library: library)
}
