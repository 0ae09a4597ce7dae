import Glibc

/// What a frame of Parley tells the bench, read by position: a decoder would be the generator's whole cost.
///
/// See Protocol.md, "The envelope": the head stands first and in one order.
enum ParleyEvent: Equatable {
    /// A message that the bench has sent, at its place in the room's log.
    case message(Payload, seq: Int, epoch: UInt64)
    /// Another entry of a room's log.
    case entry(seq: Int, epoch: UInt64)
    /// The answer `message_sent` to the frame with this id.
    case accepted(id: Int)
    /// The answer `message_error`, `rate_limit_exceeded` or `error`; its id is nil where it has none.
    case refused(id: Int?, why: String)
    /// The room has been joined: its newest place, and whether what was missed follows, where that was asked for.
    case joined(seq: Int, epoch: UInt64, isRecovered: Bool?)
    /// The server could not give all, or tells of a new epoch.
    case gap
    /// Anything else, by its type.
    case other(String)
    /// Nothing that Parley says.
    case unreadable
}

/// Reads frames of one connection; it remembers where the content stood last, as it hardly moves.
struct ServerFrames {
    private var contentAt = 0

    private static let entryHead = Array(#"{"v":1,"epoch":""#.utf8)
    private static let frameHead = Array(#"{"v":1,"type":""#.utf8)
    private static let content = Array(##""content":"#"##.utf8)
    private static let seq = Array(#","seq":"#.utf8)
    private static let replyTo = Array(#""reply_to_id":"#.utf8)
    private static let anySeq = Array(#""seq":"#.utf8)
    private static let anyEpoch = Array(#""epoch":""#.utf8)
    private static let recovered = Array(#""recovered":"#.utf8)
    private static let code = Array(#""code":""#.utf8)

    /// Reads one text frame.
    mutating func read(_ bytes: UnsafeRawBufferPointer) -> ParleyEvent {
        if Self.stands(Self.entryHead, in: bytes, at: 0) { return entry(bytes) }
        guard Self.stands(Self.frameHead, in: bytes, at: 0) else { return .unreadable }
        let type = Self.word(bytes, at: Self.frameHead.count)
        switch type {
        case "message_sent":
            return Self.replyID(bytes).map { .accepted(id: $0) } ?? .unreadable
        case "message_error", "error", "rate_limit_exceeded":
            let why = Self.find(Self.code, in: bytes).map { Self.word(bytes, at: $0) } ?? type
            return .refused(id: Self.replyID(bytes), why: why)
        case "joined":
            guard let seqAt = Self.find(Self.anySeq, in: bytes), let (seq, _) = Self.number(bytes, at: seqAt),
                let epochAt = Self.find(Self.anyEpoch, in: bytes)
            else { return .unreadable }
            let epoch = Self.packed(bytes, at: epochAt).epoch
            return .joined(seq: seq, epoch: epoch, isRecovered: Self.isRecovered(bytes))
        case "gap", "room_epoch": return .gap
        default: return .other(type)
        }
    }

    private mutating func entry(_ bytes: UnsafeRawBufferPointer) -> ParleyEvent {
        let (epoch, end) = Self.packed(bytes, at: Self.entryHead.count)
        guard Self.stands(Self.seq, in: bytes, at: end + 1),
            let (seq, _) = Self.number(bytes, at: end + 1 + Self.seq.count)
        else { return .unreadable }
        if !Self.stands(Self.content, in: bytes, at: contentAt) {
            guard let found = Self.find(Self.content, in: bytes) else {
                return .entry(seq: seq, epoch: epoch)
            }
            contentAt = found - Self.content.count
        }
        guard let payload = Payload(reading: bytes, at: contentAt + Self.content.count - 1) else {
            return .entry(seq: seq, epoch: epoch)
        }
        return .message(payload, seq: seq, epoch: epoch)
    }

    // MARK: Reading by position

    private static func stands(_ text: [UInt8], in bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        guard let base = bytes.baseAddress, offset <= bytes.count - text.count else { return false }
        return memcmp(base + offset, text, text.count) == 0
    }

    /// Where `text` ends at its first place.
    private static func find(_ text: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= text.count else { return nil }
        for offset in 0...(bytes.count - text.count)
        where bytes[offset] == text[0] && stands(text, in: bytes, at: offset) {
            return offset + text.count
        }
        return nil
    }

    /// The letters up to the next quote, eight at most, as one number: the name of an epoch.
    private static func packed(_ bytes: UnsafeRawBufferPointer, at start: Int) -> (epoch: UInt64, end: Int) {
        var at = start
        var epoch: UInt64 = 0
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            epoch = epoch << 8 | UInt64(bytes[at])
            at += 1
        }
        return (epoch, at)
    }

    private static func isRecovered(_ bytes: UnsafeRawBufferPointer) -> Bool? {
        find(recovered, in: bytes).map { $0 < bytes.count && bytes[$0] == UInt8(ascii: "t") }
    }

    private static func replyID(_ bytes: UnsafeRawBufferPointer) -> Int? {
        find(replyTo, in: bytes).flatMap { number(bytes, at: $0)?.value }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, at start: Int) -> (value: Int, end: Int)? {
        var value = 0
        var at = start
        while at < bytes.count, at - start < 18, case 0x30...0x39 = bytes[at] {
            value = value &* 10 &+ Int(bytes[at] &- 0x30)
            at += 1
        }
        return at == start ? nil : (value, at)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, at start: Int) -> String {
        let rest = bytes.dropFirst(start).prefix { $0 != UInt8(ascii: "\"") }
        return String(decoding: rest, as: UTF8.self)
    }
}
