internal import CZlib

/// Compresses messages, each by itself, for inflaters with one size of window; RFC 7692, 7.2.1.
final class Deflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    /// Takes some 270 KiB with the largest window; `nil` where there is no memory for it.
    init?(windowBits: Int) {
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream, Deflater.level, Z_DEFLATED, -Int32(windowBits), 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { return nil }
    }

    /// Also of one that could not be made: zlib finds nothing of its own there.
    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Writes the payload's compressed form into `memory` and says how long it is; `nil` where it does not fit.
    func deflate(_ payload: UnsafeRawBufferPointer, into memory: UnsafeMutableRawBufferPointer) -> Int? {
        guard let count = UInt32(exactly: payload.count), let space = UInt32(exactly: memory.count) else {
            return nil
        }
        deflateReset(stream)
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: payload.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = count
        stream.pointee.next_out = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = space
        let result = CZlib.deflate(stream, Z_SYNC_FLUSH)
        // Without space left it may have more to say.
        guard result == Z_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 else { return nil }
        // An empty block ends it, whose last four bytes are left out.
        return max(memory.count - Int(stream.pointee.avail_out) - 4, 0)
    }

    /// The quickest: of chat's short messages the others make hardly less.
    private static let level: Int32 = 1
}
