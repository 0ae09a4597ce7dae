import Schema
import Synchronization

/// Whether there is room for one more page of history, whose size nobody knows before it has come.
///
/// Until then it counts for the most that one has: else all that are asked for at a time could come at once. Afterwards
/// it counts like whatever else waits to be sent. Used from all loops.
final class PageRoom: Sendable {
    private let bound: Int
    private let awaited = Atomic<Int>(0)

    /// - Parameter bytes: how much may wait in all, pages and all else.
    init(bytes: Int) { bound = bytes }

    /// Counts a page that is to be asked for, if there is room for it beside so many bytes that wait; `leave` follows.
    func enter(beside held: Int) -> Bool {
        let pages = awaited.wrappingAdd(1, ordering: .relaxed).newValue
        guard held + pages * Limits.historyPageBytes <= bound else {
            leave()
            return false
        }
        return true
    }

    /// The page has come, or will not come.
    func leave() { awaited.wrappingSubtract(1, ordering: .relaxed) }
}
