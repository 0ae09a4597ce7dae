/// Whether a room's log comes to one receiver with `seq` rising by one (Protocol.md, promise 1).
struct RoomOrder: Sendable {
    private var epoch: UInt64 = 0
    private var last = -1

    /// The place of the newest entry as `since` names it; nil before the first join.
    var place: String? {
        guard epoch != 0 else { return nil }
        let letters = (0..<8).reversed().map { UInt8(truncatingIfNeeded: epoch >> ($0 * 8)) }.drop { $0 == 0 }
        return "\(String(decoding: letters, as: UTF8.self)):\(last)"
    }

    /// The place at which the receiver has joined.
    mutating func joined(at seq: Int, epoch: UInt64) {
        last = seq
        self.epoch = epoch
    }

    /// Takes the place of an entry; false where it does not follow the one before.
    mutating func take(seq: Int, epoch: UInt64) -> Bool {
        let follows = seq == last + 1 && self.epoch == epoch
        last = seq
        self.epoch = epoch
        return follows
    }
}
