/// A place in a room's log: within an epoch `seq` counts without holes, and over all epochs it never goes down.
public struct LogPosition: Hashable, Sendable, Codable {
    /// The longest text taken for an epoch; ours have 6–12 characters of `[a-z0-9]`.
    public static let maxEpochBytes = 32

    /// The highest seq that is believed of an outsider: the largest whole number that every JSON reader has exactly.
    public static let maxClaimedSeq: Int64 = (1 << 53) - 1

    /// Whether a number that came over the wire can be a seq: what is not, is nobody's, and never counted with.
    public static func isPossible(_ seq: Int64) -> Bool { (0...maxClaimedSeq).contains(seq) }

    /// The epoch in which `seq` was given.
    public var epoch: String

    /// The sequence number.
    public var seq: Int64

    /// Makes a position of what is known to be right.
    public init(epoch: String, seq: Int64) {
        self.epoch = epoch
        self.seq = seq
    }

    /// Takes an outsider's position: any printable epoch, because an unknown one is merely not recovered.
    ///
    /// For the same reason a seq beyond ``maxClaimedSeq`` counts as that: no log has come there.
    public init?(claimedEpoch epoch: String, seq: Int64) {
        guard (1...Self.maxEpochBytes).contains(epoch.utf8.count), epoch.isEachByte(\.isPrintableASCII),
            seq >= 0
        else { return nil }
        self.init(epoch: epoch, seq: min(seq, Self.maxClaimedSeq))
    }

    /// Reads `EPOCH:SEQ`, as it stands in `/ws/{room}?since=`.
    public init?(parsing text: String) {
        var text = text
        let read = text.withUTF8 { Self.read(UnsafeRawBufferPointer($0)) }
        guard let read else { return nil }
        self = read
    }

    private static func read(_ bytes: UnsafeRawBufferPointer) -> LogPosition? {
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        var digits = ByteScanner(UnsafeRawBufferPointer(rebasing: bytes[(colon + 1)...]))
        guard let seq = digits.wholeNumber(), digits.isAtEnd else { return nil }
        return LogPosition(claimedEpoch: String(decoding: bytes[..<colon], as: UTF8.self), seq: seq)
    }
}

extension LogPosition: Comparable {
    /// Orders by `seq`, which rises over epochs too; the epoch only parts equals.
    public static func < (left: LogPosition, right: LogPosition) -> Bool {
        (left.seq, left.epoch) < (right.seq, right.epoch)
    }
}

extension LogPosition: CustomStringConvertible {
    /// The position as `EPOCH:SEQ`.
    public var description: String { "\(epoch):\(seq)" }
}
