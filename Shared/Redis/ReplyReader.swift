/// Cuts the bytes of a connection into replies (RESP, version 2).
///
/// Values are read where the bytes lie; only what has come of an unfinished one is kept.
final class ReplyReader {
    private var builder: ReplyBuilder
    private var unfinished: [UInt8] = []

    init(limits: ReplyLimits = ReplyLimits()) { builder = ReplyBuilder(limits: limits) }

    /// Takes bytes and hands on each reply that is whole now, until `keepGoing` answers false.
    ///
    /// - Parameter message: lent each message of a channel that is whole where it lies, and answers as `keepGoing` does;
    ///   others, and all where it is nil, come as replies.
    func receive(
        _ bytes: UnsafeRawBufferPointer, message: ((ChannelMessage) -> Bool)? = nil,
        _ keepGoing: (RedisReply) -> Bool
    ) throws(RedisError) {
        guard !unfinished.isEmpty else {
            let end = try read(bytes, message, keepGoing)
            return unfinished.append(contentsOf: bytes[end...])
        }
        var all = unfinished
        unfinished = []
        all.append(contentsOf: bytes)
        let end = try all.withUnsafeBufferPointer { bytes throws(RedisError) in
            try read(UnsafeRawBufferPointer(bytes), message, keepGoing)
        }
        all.removeFirst(end)
        unfinished = all
    }

    /// Answers how many bytes need not be read again.
    private func read(
        _ bytes: UnsafeRawBufferPointer, _ message: ((ChannelMessage) -> Bool)?,
        _ keepGoing: (RedisReply) -> Bool
    ) throws(RedisError) -> Int {
        var lines = ReplyLines(bytes)
        while true {
            if let message, builder.isAtStart, let found = try lines.message() {
                guard message(found) else { return bytes.count }
            } else if let reply = try builder.next(in: &lines) {
                guard keepGoing(reply) else { return bytes.count }
            } else {
                return lines.place
            }
        }
    }
}
