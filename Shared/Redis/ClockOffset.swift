import Engine

/// How far a server's clock is ahead of ours, for as long as a connection stands.
///
/// Pure. Deadlines that others read are told by the server's clock. Where both stand on one machine its clock may be set and
/// nothing changes; where they do not, a clock that is set, or goes wrong by some milliseconds an hour, is measured anew.
struct ClockOffset {
    /// The server's clock minus ours, in milliseconds.
    private(set) var milliseconds: Int64
    private var looked: Reading
    private var looks = 0

    /// A moment by our two clocks.
    struct Reading {
        /// In milliseconds since 1970, as somebody has set it.
        var wall: Int64
        /// By the clock that nobody sets.
        var monotonic: Instant

        /// How far the one was set since an earlier moment, in milliseconds.
        func set(since earlier: Reading) -> Int64 {
            wall &- earlier.wall &- Int64(monotonic.milliseconds(since: earlier.monotonic))
        }
    }

    /// Looks, between two times of measuring a clock that nobody has set.
    static let looksApart = 30
    /// A clock that was set by less is not told from one that was read a little later.
    static let leastSet: Int64 = 20

    /// Measured at this moment.
    init(milliseconds: Int64, at now: Reading) {
        self.milliseconds = milliseconds
        looked = now
    }

    /// Whether to ask for the server's time; looks about once a second.
    mutating func isDue(at now: Reading) -> Bool {
        let wasSet = now.set(since: looked).magnitude > Self.leastSet
        looked = now
        looks = wasSet ? Self.looksApart : looks + 1
        guard looks >= Self.looksApart else { return false }
        looks = 0
        return true
    }

    /// The server was asked and has answered with its time, in milliseconds since 1970.
    ///
    /// It may have read its clock at any moment between: what was known before stays as long as it may be true.
    mutating func heard(_ time: Int64, asked: Reading, answered: Reading) {
        // Set meanwhile: nobody knows before or after which. The next look tells, too.
        guard answered.set(since: asked).magnitude <= Self.leastSet else { return }
        let half = (answered.wall &- asked.wall) / 2
        let measured = time &- asked.wall &- half
        if (measured &- milliseconds).magnitude > half.magnitude + 1 { milliseconds = measured }
    }
}
