import Schema

/// A few rooms of a connection: mostly one, which then takes no memory of its own.
///
/// Pure.
struct RoomSet: Sequence {
    private var only: RoomID?
    /// All, where they are more than one.
    private var several: Set<RoomID> = []

    var count: Int { only == nil ? several.count : 1 }
    var isEmpty: Bool { only == nil && several.isEmpty }

    func contains(_ room: RoomID) -> Bool { only == room || several.contains(room) }

    /// Adds a room; says whether it is new.
    @discardableResult
    mutating func insert(_ room: RoomID) -> Bool {
        guard !contains(room) else { return false }
        guard !isEmpty else {
            only = room
            return true
        }
        if let only { several = [only] }
        only = nil
        several.insert(room)
        return true
    }

    /// Removes a room; says whether it was there.
    @discardableResult
    mutating func remove(_ room: RoomID) -> Bool {
        guard only != room else {
            only = nil
            return true
        }
        guard several.remove(room) != nil else { return false }
        if several.count == 1 {
            only = several.first
            several = []
        }
        return true
    }

    func makeIterator() -> Iterator { Iterator(only: only, several: several.makeIterator()) }

    /// Goes through the rooms, in no particular order.
    struct Iterator: IteratorProtocol {
        fileprivate var only: RoomID?
        fileprivate var several: Set<RoomID>.Iterator

        mutating func next() -> RoomID? {
            defer { only = nil }
            return only ?? several.next()
        }
    }
}
