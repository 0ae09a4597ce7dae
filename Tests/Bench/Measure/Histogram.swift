/// How often which value was seen, in buckets whose width grows with the value (after Gil Tene's HDR histogram).
///
/// Values below 128 are exact; above that a bucket is at most 1/128 of its values wide, up to the largest `UInt64`.
/// Adding takes constant time and no memory, so that a million values a second can be recorded.
struct Histogram: Sendable, Equatable {
    /// How many values there are.
    private(set) var count: UInt64 = 0
    /// The largest value, exactly; 0 where there is none.
    private(set) var max: UInt64 = 0
    private var sum: Double = 0
    private var buckets = [UInt64](repeating: 0, count: Histogram.bucketCount)

    private static let bits: UInt64 = 7
    private static let exact: UInt64 = 1 << bits
    private static let bucketCount = Int((64 - bits + 1) << bits)

    /// Adds a value.
    mutating func record(_ value: UInt64) {
        buckets[Histogram.bucket(of: value)] &+= 1
        count &+= 1
        sum += Double(value)
        if value > max { max = value }
    }

    /// Adds all values of another histogram.
    mutating func add(_ other: Histogram) {
        for (index, seen) in other.buckets.enumerated() where seen > 0 { buckets[index] &+= seen }
        count &+= other.count
        sum += other.sum
        max = Swift.max(max, other.max)
    }

    /// The mean, or 0 where there is no value.
    var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// The smallest value that at least `percent` of all values do not exceed, at most 1/128 too high; 0 where there
    /// is no value.
    func percentile(_ percent: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let share = Swift.min(Swift.max(percent, 0), 100) / 100
        let rank = Swift.max(UInt64((share * Double(count)).rounded(.up)), 1)
        var seen: UInt64 = 0
        for (index, here) in buckets.enumerated() where here > 0 {
            seen += here
            if seen >= rank { return Swift.min(Histogram.highest(in: index), max) }
        }
        return max
    }

    private static func bucket(of value: UInt64) -> Int {
        guard value >= exact else { return Int(value) }
        let shift = 63 - bits - UInt64(value.leadingZeroBitCount)
        return Int((shift &+ 1) << bits &+ (value >> shift) &- exact)
    }

    private static func highest(in bucket: Int) -> UInt64 {
        let bucket = UInt64(bucket)
        guard bucket >= exact else { return bucket }
        let shift = bucket >> bits - 1
        let top = bucket & (exact - 1) + exact
        return top << shift | (1 << shift - 1)
    }
}
