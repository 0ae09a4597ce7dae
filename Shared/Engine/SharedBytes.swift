internal import Synchronization

/// Immutable bytes that many connections send without copying them: a reference, and one piece of memory behind it.
///
public struct SharedBytes: @unchecked Sendable {
    // Unchecked: only `init` writes into the memory, before anybody else has it.
    private let memory: Memory

    /// How many bytes there are.
    public var count: Int { memory.extent.pointee.count }

    /// Copies `bytes`.
    public init(_ bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { SharedBytes(copying: $0) }
    }

    /// Copies several one after another.
    public init(joining parts: [SharedBytes]) {
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
    public init(copying bytes: UnsafeRawBufferPointer) {
        self.init(capacity: bytes.count) { memory in
            memory.copyMemory(from: bytes)
            return bytes.count
        }
    }

    /// Lets `fill` write at most `capacity` bytes and return how many it wrote.
    public init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        memory = Memory.make(capacity: capacity)
        let count = fill(UnsafeMutableRawBufferPointer(start: memory.start, count: capacity))
        memory.extent.pointee.count = min(max(count, 0), capacity)
    }

    /// How many bytes all of this process hold, from whatever thread one asks.
    ///
    /// Nearly all wait to be sent: bytes that many connections share count once, as they take memory once.
    public static var bytesAlive: Int { alive.load(ordering: .relaxed) }

    fileprivate static let alive = Atomic<Int>(0)

    /// Lends the bytes for the duration of `body`.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try withExtendedLifetime(memory) {
            try body(UnsafeRawBufferPointer(start: memory.start, count: memory.extent.pointee.count))
        }
    }

    /// Where the bytes stand, for the kernel; good while they are held.
    var start: UnsafeMutableRawPointer { memory.start }

    /// Whether both are the same piece of memory.
    public static func === (left: SharedBytes, right: SharedBytes) -> Bool { left.memory === right.memory }

    /// Whether they are different pieces of memory.
    public static func !== (left: SharedBytes, right: SharedBytes) -> Bool { left.memory !== right.memory }
}

/// The memory of some bytes, with how many there are before them.
private final class Memory: ManagedBuffer<Memory.Extent, UInt8> {
    struct Extent {
        let capacity: Int
        var count: Int
    }

    static func make(capacity: Int) -> Memory {
        let made = Memory.create(minimumCapacity: capacity) { _ in Extent(capacity: capacity, count: 0) }
        SharedBytes.alive.wrappingAdd(capacity, ordering: .relaxed)
        // `create` makes an object of the class that it is called on, whatever its type says.
        return unsafeDowncast(made, to: Memory.self)
    }

    deinit { SharedBytes.alive.wrappingSubtract(extent.pointee.capacity, ordering: .relaxed) }

    /// Good while the object is held; `header` itself would be looked up as something that may change at any time.
    var extent: UnsafeMutablePointer<Extent> { withUnsafeMutablePointerToHeader { $0 } }

    /// Good while the object is held.
    var start: UnsafeMutableRawPointer {
        withUnsafeMutablePointerToElements { UnsafeMutableRawPointer($0) }
    }
}
