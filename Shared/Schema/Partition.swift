/// One of the 64 parts into which the rooms fall; all keys of a part live in one Redis Cluster slot.
public struct Partition: Hashable, Sendable {
    /// How many there are; fixed when a cluster is created.
    public static let count = 64

    /// All of them, in order of number.
    public static let all: [Partition] = (0..<count).map(Partition.init(unchecked:))

    /// The tags by number, found once.
    ///
    /// Tag p is the first of `p0`, `p1`, `p2`, … whose own slot lies in the p-th of 64 equal ranges of the
    /// 16,384 slots, so that 2, 4, 8 … 64 shards share the partitions evenly.
    private static let tags: [String] = {
        let slotsEach = 16_384 / count
        var found = [String?](repeating: nil, count: count)
        var missing = count
        var candidate = 0
        while missing > 0 {
            let tag = "p\(candidate)"
            let number = Int(CRC16.checksum(tag)) % 16_384 / slotsEach
            if found[number] == nil {
                found[number] = tag
                missing -= 1
            }
            candidate += 1
        }
        return found.compactMap(\.self)
    }()

    /// The number, 0 to 63.
    public let number: Int

    /// The partition of a room: the checksum of its id, modulo the count.
    public init(of room: RoomID) {
        self.init(unchecked: Int(CRC16.checksum(room.text)) % Self.count)
    }

    /// The partition of this number, if there is one.
    public init?(_ number: Int) {
        guard (0..<Self.count).contains(number) else { return nil }
        self.init(unchecked: number)
    }

    private init(unchecked number: Int) {
        self.number = number
    }

    /// The hash tag, without its braces.
    public var tag: String { Self.tags[number] }
}

extension Partition: Comparable {
    /// Orders by number.
    public static func < (left: Partition, right: Partition) -> Bool { left.number < right.number }
}
