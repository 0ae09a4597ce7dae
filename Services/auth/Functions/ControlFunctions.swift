public import Redis

/// What everybody must hear of, also where Redis is full.
///
/// Arguments stand in `control.lua`.
public enum ControlFunctions {
    /// The library, as built into the program.
    public static let library = FunctionLibrary(
        name: "parley_control_1", source: String(decoding: PackageResources.control_lua, as: UTF8.self))

    /// Writes an entry of the control log.
    public static let add = RedisFunction(name: "control_add", library: library)
    /// Notes a revocation, never an older one over a newer one.
    public static let revoke = RedisFunction(name: "revoke", library: library)
}
