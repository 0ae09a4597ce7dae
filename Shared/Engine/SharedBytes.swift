internal import Synchronization

/// Immutable bytes that many connections send without copying them.
///
/// Made once, then only read: that is why it may be shared between loops.
public final class SharedBytes: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    /// How many bytes there are.
    public let count: Int

    /// Copies `bytes`.
    public convenience init(_ bytes: [UInt8]) {
        self.init(capacity: bytes.count) { memory in
            bytes.withUnsafeBytes { memory.copyMemory(from: $0) }
            return bytes.count
        }
    }

    /// Copies several one after another.
    public convenience init(joining parts: [SharedBytes]) {
        self.init(capacity: parts.reduce(0) { $0 + $1.count }) { memory in
            var end = 0
            for part in parts {
                part.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: $0)
                }
                end += part.count
            }
            return end
        }
    }

    /// Copies `bytes`, which need not last longer than the call.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(capacity: bytes.count) { memory in
            memory.copyMemory(from: bytes)
            return bytes.count
        }
    }

    /// Lets `fill` write at most `capacity` bytes and return how many it wrote.
    public init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        memory = .allocate(byteCount: max(capacity, 1), alignment: 8)
        SharedBytes.alive.wrappingAdd(memory.count, ordering: .relaxed)
        count = min(max(fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity])), 0), capacity)
    }

    deinit {
        SharedBytes.alive.wrappingSubtract(memory.count, ordering: .relaxed)
        memory.deallocate()
    }

    /// How many bytes all objects of this process hold, from whatever thread one asks.
    ///
    /// Nearly all wait to be sent: bytes that many connections share count once, as they take memory once.
    public static var bytesAlive: Int { alive.load(ordering: .relaxed) }

    private static let alive = Atomic<Int>(0)

    /// Lends the bytes for the duration of `body`.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// Where the bytes stand, for the kernel; good while the object is held.
    var start: UnsafeMutableRawPointer? { memory.baseAddress }
}
