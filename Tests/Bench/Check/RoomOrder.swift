/// Whether a room's log comes to one receiver with `seq` rising by one (Protocol.md, promise 1).
struct RoomOrder: Sendable {
    private var epoch: UInt64 = 0
    private var last = -1

    /// The place at which the receiver has joined.
    mutating func joined(at seq: Int) {
        last = seq
        epoch = 0
    }

    /// Takes the place of an entry; false where it does not follow the one before.
    mutating func take(seq: Int, epoch: UInt64) -> Bool {
        let follows = seq == last + 1 && (self.epoch == 0 || self.epoch == epoch)
        last = seq
        self.epoch = epoch
        return follows
    }
}
