import CHiredis

/// Cuts the bytes of a connection into replies, by hiredis' reader.
///
/// The reader calls back into a ``ReplyBuilder``, so values go from its buffer into Swift without a tree of C
/// objects between, and limits hold before memory is asked for.
final class ReplyReader {
    private let reader: UnsafeMutablePointer<redisReader>
    /// At an address that the C callbacks can keep; only they and the methods here look there, never two at a time.
    private let builder: UnsafeMutablePointer<ReplyBuilder>

    init(limits: ReplyLimits = ReplyLimits()) {
        // As Swift's own allocations do: a process that gets no few hundred bytes cannot go on in any case.
        guard let reader = redisReaderCreateWithFunctions(callbacks) else {
            preconditionFailure("no memory for a reply reader")
        }
        self.reader = reader
        builder = .allocate(capacity: 1)
        builder.initialize(to: ReplyBuilder(limits: limits))
        reader.pointee.privdata = UnsafeMutableRawPointer(builder)
    }

    deinit {
        redisReaderFree(reader)
        builder.deinitialize(count: 1)
        builder.deallocate()
    }

    /// Takes bytes and hands on each reply that is whole now, until `keepGoing` answers false.
    func receive(
        _ bytes: UnsafeRawBufferPointer, _ keepGoing: (RedisReply) -> Bool
    ) throws(RedisError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            try feed(UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceBytes)))
            rest = rest.dropFirst(Self.pieceBytes)
            while let reply = try next() {
                guard keepGoing(reply) else { return }
            }
        }
    }

    /// hiredis moves the rest of its buffer forward after every KiB it has read: small pieces keep that cheap.
    private static let pieceBytes = 16 << 10

    private func feed(_ piece: UnsafeRawBufferPointer) throws(RedisError) {
        let start = piece.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard redisReaderFeed(reader, start, piece.count) == REDIS_OK else { throw .protocolViolation }
        let waiting = reader.pointee.len &- reader.pointee.pos
        // The KiB is for the lengths and line ends around a string of the full size.
        let most = builder.pointee.limits.bytes + Self.pieceBytes + 1024
        guard waiting <= most else { throw .protocolViolation }
    }

    private func next() throws(RedisError) -> RedisReply? {
        var marker: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &marker) == REDIS_OK else { throw .protocolViolation }
        return marker == nil ? nil : builder.pointee.take()
    }
}

/// The builder of the ``ReplyReader`` that owns the reader which makes this call.
private func builder(of task: UnsafePointer<redisReadTask>?) -> UnsafeMutablePointer<ReplyBuilder>? {
    task?.pointee.privdata?.assumingMemoryBound(to: ReplyBuilder.self)
}

/// What hiredis takes for "an object was made"; it is never looked into, nor freed.
private func marker(_ taken: Bool) -> UnsafeMutableRawPointer? {
    taken ? UnsafeMutableRawPointer(bitPattern: 1) : nil
}

/// The C table of callbacks: hiredis keeps its address, so it lives as long as the process; nothing writes it again.
private nonisolated(unsafe) let callbacks: UnsafeMutablePointer<redisReplyObjectFunctions> = {
    let table = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
    table.initialize(
        to: redisReplyObjectFunctions(
            createString: { task, start, count in
                let text = UnsafeRawBufferPointer(start: start, count: count)
                return marker(
                    builder(of: task)?.pointee.add(text, as: stringKind(task?.pointee.type)) ?? false)
            },
            createArray: { task, count in
                marker(builder(of: task)?.pointee.beginArray(of: Int(count)) ?? false)
            },
            createInteger: { task, number in
                marker(builder(of: task)?.pointee.add(.integer(number)) ?? false)
            },
            createNil: { task in marker(builder(of: task)?.pointee.add(.null) ?? false) },
            freeObject: { _ in }))
    return table
}()

private func stringKind(_ type: Int32?) -> (UnsafeRawBufferPointer) -> RedisReply {
    switch type {
    case REDIS_REPLY_STATUS: { .status(String(decoding: $0, as: UTF8.self)) }
    case REDIS_REPLY_ERROR: { .error(String(decoding: $0, as: UTF8.self)) }
    default: { .bulk(Array($0)) }
    }
}
