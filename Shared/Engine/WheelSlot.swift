/// What can wait in a `TimerWheel`: it knows its place there, so that nobody has to look for it.
protocol WheelEntry: AnyObject {
    /// For the wheel alone.
    var place: WheelPlace<Self> { get set }
}

/// Where a timer waits, and between whom.
struct WheelPlace<Entry: AnyObject> {
    var deadline: Int64 = 0
    fileprivate var next: Entry?
    // Unowned, as the one before holds this: it is there as long as this one waits.
    fileprivate unowned var previous: Entry?
    /// The index of the slot; negative while it waits nowhere.
    fileprivate var index: Int16 = -1

    /// The slot in which it waits, if any.
    var slot: Int? { index < 0 ? nil : Int(index) }
}

/// The timers of one slot, in the order in which they came: a list that takes no memory but theirs.
///
/// To be emptied before it is let go of: each holds the next, and a long row of them would be freed in as deep a recursion.
struct WheelSlot<Entry: WheelEntry> {
    private var first: Entry?
    // Unowned, as it is `first`, or held by the one before.
    private unowned var last: Entry?

    var isEmpty: Bool { first == nil }

    /// Adds one that waits nowhere, to the slot of this index.
    mutating func append(_ entry: Entry, index: Int) {
        entry.place.index = Int16(truncatingIfNeeded: index)
        entry.place.previous = last
        if let last { last.place.next = entry } else { first = entry }
        last = entry
    }

    /// Takes out one that waits here.
    mutating func remove(_ entry: Entry) {
        let (previous, next) = (entry.place.previous, entry.place.next)
        if let previous { previous.place.next = next } else { first = next }
        if let next { next.place.previous = previous } else { last = previous }
        entry.place.next = nil
        entry.place.previous = nil
        entry.place.index = -1
    }

    mutating func popFirst() -> Entry? {
        guard let entry = first else { return nil }
        remove(entry)
        return entry
    }
}
