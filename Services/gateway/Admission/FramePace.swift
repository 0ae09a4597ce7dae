import Engine

/// How many frames a connection may send: so many a second, and several seconds' worth at once.
///
/// Long messages count for several, as what they cost grows with them. Pure. Who sends more is not refused but read
/// later: their bytes wait in the kernel, then with them.
struct FramePace {
    /// How many seconds' worth may come at once.
    static let burstSeconds = 5
    /// Milliseconds: who is not read for long looks as if they had gone.
    static let longestPause = 10_000

    /// A message counts for one frame more with every so many bytes after the first so many, inflated.
    static let bytesOfOne = 4_096

    private let perSecond: Int
    /// Frames that may still come, in thousandths; below none where a read has brought too many.
    private var left: Int
    private var counted: Instant

    /// - Parameter perSecond: 0 is no limit.
    init(perSecond: Int, now: Instant) {
        self.perSecond = perSecond
        left = perSecond * Self.burstSeconds * 1_000
        counted = now
    }

    /// What a message counts for besides its frames.
    static func unitsBeyondTheFirst(ofBytes count: Int) -> Int { max(count - 1, 0) / bytesOfOne }

    /// Counts a frame, or what counts for so many; says whether it was one too many.
    mutating func spend(_ units: Int, at now: Instant) -> Bool {
        guard perSecond > 0 else { return false }
        refill(now)
        left = max(left - units * 1_000, -Self.longestPause * perSecond)
        return left < 0
    }

    /// For how many milliseconds more nothing should be read; nil where a tenth of a second's worth may come again.
    ///
    /// To read frame by frame would be dear.
    mutating func pause(at now: Instant) -> Int? {
        refill(now)
        let missing = 100 * perSecond - left
        return missing > 0 ? (missing + perSecond - 1) / perSecond : nil
    }

    private mutating func refill(_ now: Instant) {
        let passed = min(max(now.milliseconds(since: counted), 0), 1_000_000)
        left = min(left + passed * perSecond, perSecond * Self.burstSeconds * 1_000)
        counted = now
    }
}
