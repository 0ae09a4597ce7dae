internal import CLinux

/// Random numbers of the kernel, fetched some dozens at a time.
///
/// One of the system's own generator is a call of the kernel each, a microsecond; an id of a message takes two. As
/// unguessable as theirs: each number is given once and forgotten. Not to be copied, as copies would give the same.
public struct RandomReserve: ~Copyable {
    private var words: [UInt64] = []

    /// 256 bytes: as many as getrandom(2) gives in one piece, whatever happens meanwhile.
    private static let most = 32

    /// Makes one that fetches at the first number.
    public init() {}

    /// The next number.
    public mutating func next() -> UInt64 {
        if words.isEmpty { fetch() }
        guard let word = words.popLast() else {
            // Of a kernel that refuses, the standard library knows other sources.
            var system = SystemRandomNumberGenerator()
            return system.next()
        }
        return word
    }

    private mutating func fetch() {
        words.append(contentsOf: repeatElement(0, count: Self.most))
        let size = Self.most * MemoryLayout<UInt64>.size
        let count = words.withUnsafeMutableBytes { getrandom($0.baseAddress, size, 0) }
        if count != size { words.removeAll() }
    }
}
