internal import CZlib

/// Turns the payload of compressed messages back, each by itself; RFC 7692, 7.2.2.
///
/// One serves all connections of a loop, as no message refers to the one before.
final class Inflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    /// What the sender has left out (7.2.1): the end of an empty block, which brings all before it to a byte's end.
    private let tail = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
    private var filled = 0
    private var collected: [UInt8] = []

    init() {
        tail.copyBytes(from: [0, 0, 0xFF, 0xFF])
        stream.initialize(to: z_stream())
        // The negative window means raw deflate, without zlib's own head.
        let result = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(result == Z_OK, "zlib cannot be used: \(result)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        scratch.deallocate()
        tail.deallocate()
    }

    /// The message in clear; good until the next call.
    ///
    /// Ends with the block in which it goes over the limit: a bomb takes no more memory than a message may, and one
    /// scratch buffer.
    func inflate(
        _ payload: UnsafeRawBufferPointer, limit: Int
    ) throws(WebError) -> MessageAssembler.Payload {
        (filled, collected) = (0, [])
        defer { collected = [] }
        inflateReset(stream)
        _ = try feed(payload, limit)
        let length = count
        // It must end the message, and not be taken for a part of it.
        guard try feed(UnsafeRawBufferPointer(tail), limit), count == length else { throw .invalidDeflate }
        guard !collected.isEmpty else {
            return .borrowed(UnsafeRawBufferPointer(rebasing: scratch[..<filled]))
        }
        try empty(limit)
        return .collected(collected)
    }

    private var count: Int { collected.count + filled }

    /// How many bytes zlib has written since it last began anew.
    var produced: Int { Int(stream.pointee.total_out) }

    /// Takes all of `input`; says whether it ends where a block does.
    private func feed(_ input: UnsafeRawBufferPointer, _ limit: Int) throws(WebError) -> Bool {
        guard let length = UInt32(exactly: input.count) else { throw .messageTooBig(limit: limit) }
        // zlib only reads from it, whatever its type says.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = length
        while true {
            if filled == scratch.count { try empty(limit) }
            let result = step()
            guard count <= limit else { throw .messageTooBig(limit: limit) }
            switch result {
            case Z_STREAM_END:
                // A last block may stand within a message; more may follow, and may refer to it (7.2.3.4).
                guard stream.pointee.avail_in > 0 else { return true }
                inflateResetKeep(stream)
            case Z_OK, Z_BUF_ERROR:
                guard stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 else {
                    return isBetweenBlocks
                }
            default: throw .invalidDeflate
            }
        }
    }

    private func step() -> Int32 {
        let space = scratch.count - filled
        stream.pointee.next_out = scratch.baseAddress.map {
            ($0 + filled).assumingMemoryBound(to: UInt8.self)
        }
        stream.pointee.avail_out = UInt32(space)
        let result = CZlib.inflate(stream, Z_SYNC_FLUSH)
        filled += space - Int(stream.pointee.avail_out)
        return result
    }

    private func empty(_ limit: Int) throws(WebError) {
        guard count <= limit else { throw .messageTooBig(limit: limit) }
        collected.append(contentsOf: scratch[..<filled])
        filled = 0
    }

    /// zlib tells it in `data_type`: 128 between two blocks, and the low six bits count what is left of a byte.
    private var isBetweenBlocks: Bool { stream.pointee.data_type & (128 | 63) == 128 }
}
