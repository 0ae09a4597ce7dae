/// The cost of a password hash (RFC 7914, section 2): N = 2^ln, r and p.
///
/// Only what a check can afford can be made, so that a damaged or planted row cannot eat the machine.
public struct ScryptParameters: Hashable, Sendable {
    /// What accounts get unless set otherwise: 128 MiB and 0.4 s of a core.
    public static let standard = ScryptParameters(checkedLn: 17, r: 8, p: 1)
    /// The lowest cost that may be set: 16 MiB, for tests and small machines.
    public static let floor = ScryptParameters(checkedLn: 14, r: 8, p: 1)
    /// The most memory a check may take: 1 GiB.
    public static let maxMemoryBytes = 1 << 30

    /// The logarithm of N to base 2.
    public let ln: Int
    /// The block size, in units of 128 bytes.
    public let r: Int
    /// How many times the memory is filled, one after another.
    public let p: Int

    /// Makes parameters within the bounds, else nil: ln 1–20, r 1–32, p 1–16, 1 GiB.
    public init?(ln: Int, r: Int, p: Int) {
        guard (1...20).contains(ln), (1...32).contains(r), (1...16).contains(p),
            128 * r << ln <= Self.maxMemoryBytes
        else { return nil }
        self.init(checkedLn: ln, r: r, p: p)
    }

    /// Makes parameters from N itself, which must be a power of two.
    public init?(n: Int, r: Int, p: Int) {
        guard n > 0, n.nonzeroBitCount == 1 else { return nil }
        self.init(ln: n.trailingZeroBitCount, r: r, p: p)
    }

    private init(checkedLn ln: Int, r: Int, p: Int) {
        self.ln = ln
        self.r = r
        self.p = p
    }

    /// The number of blocks.
    public var n: Int { 1 << ln }

    /// What the derivation allocates: p blocks, N + 2 blocks, and some room for OpenSSL's own.
    var memoryBytes: Int { 128 * r * (n + p + 2) + (1 << 20) }
}
