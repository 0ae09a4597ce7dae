/// The mask of a client's frame; RFC 6455, 5.3.
struct Mask: Sendable, Equatable {
    /// The key, first byte of the wire lowest.
    var key: UInt32 = 0
    /// How far into the key the next byte stands, 0 to 3.
    private var phase = 0

    init(key: UInt32 = 0) {
        self.key = key
    }

    /// Takes the mask off (or puts it on) in place; successive calls continue the key.
    mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
        // Rotated so that byte 0 of the pattern belongs to byte 0 of `bytes` (little-endian memory).
        let shift = UInt32(truncatingIfNeeded: phase &* 8)
        let rotated = shift == 0 ? key : key >> shift | key << (32 &- shift)
        let pattern = (UInt64(rotated) << 32 | UInt64(rotated)).littleEndian
        var offset = 0
        while offset &+ 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            bytes.storeBytes(of: word ^ pattern, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        while offset < bytes.count {
            bytes[offset] ^= UInt8(
                truncatingIfNeeded: rotated >> UInt32(truncatingIfNeeded: (offset & 3) &* 8))
            offset &+= 1
        }
        phase = (phase &+ bytes.count) & 3
    }
}
