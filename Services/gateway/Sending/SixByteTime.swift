extension [UInt8] {
    /// Adds a time of Redis' clock, in milliseconds, as `room.lua` and `limits.lua` read one: six bytes, the highest first.
    ///
    /// So an id begins with its own (RFC 9562, section 5.7). What 48 bits cannot hold is brought to the nearest that they can.
    mutating func append(time: Int64) {
        let bits = Swift.min(UInt64(clamping: time), 0xFFFF_FFFF_FFFF)
        Swift.withUnsafeBytes(of: (bits << 16).bigEndian) { append(contentsOf: $0.prefix(6)) }
    }
}
