import Synchronization

/// Something that is so while at least one loop says so; may be used from any thread, without a lock.
public final class Flag: Sendable {
    private let count = Atomic<Int>(0)

    init() {}

    /// One more says so; answers whether it is the first.
    ///
    /// Whoever raises it lowers it, once.
    @discardableResult
    public func raise() -> Bool { count.wrappingAdd(1, ordering: .relaxed).newValue == 1 }

    /// One says so no more; answers whether it was the last.
    @discardableResult
    public func lower() -> Bool { count.wrappingSubtract(1, ordering: .relaxed).newValue == 0 }

    /// Whether anybody says so.
    public var isRaised: Bool { count.load(ordering: .relaxed) > 0 }
}
