public import Redis

/// The arguments of `limit_take`, as `limits.lua` has them.
public enum LimitCall {
    /// An id by this name, of a time long ago, or of one that is still to come.
    public static func id(_ name: String, isAhead: Bool = false) -> [UInt8] {
        let text = Array(name.utf8.prefix(10))
        return [isAhead ? 0x7F : 0] + Array(repeating: 0, count: 15 - text.count) + text
    }

    /// A call for a unit for each of these, as asked for before where it is said so.
    public static func arguments(
        _ names: [String], most: Int64, window: Int64 = 60_000, notAfter: Int64 = 1 << 47,
        isAskedAgain: Bool = false
    ) -> [RedisArgument] {
        let again = isAskedAgain ? Array("+".utf8) : []
        return [.int(most), .int(window), .int(notAfter)]
            + names.map { .bytes(id($0) + sixBytes(notAfter) + again) }
    }

    /// A unit as it stands in the list, taken at this time.
    public static func unit(_ name: String, at time: Int64) -> RedisArgument {
        .bytes(Array("\(time)".utf8) + id(name))
    }
}
