import Engine
import Schema

/// Who was online in large rooms when their first page was read, for those who read on.
///
/// Pure. To find them takes Redis tens of milliseconds altogether where they are ten thousand, in steps: once for a walk
/// over all pages, not once for each.
struct Crowds {
    private var crowds: [(room: RoomID, people: [UserHandle], until: Instant)] = []

    /// Fewer are found by a step or two.
    static let least = 200
    /// How many rooms are remembered, and for how long.
    static let most = 8
    static let milliseconds = 5_000

    /// Takes who is online in a room.
    mutating func keep(_ people: [UserHandle], of room: RoomID, at now: Instant) {
        crowds.removeAll { $0.room == room || $0.until <= now }
        guard people.count > Crowds.least else { return }
        if crowds.count >= Crowds.most { crowds.removeFirst() }
        crowds.append((room, people, now.advanced(byMilliseconds: Crowds.milliseconds)))
    }

    /// Who was online there a moment ago; nil where nobody has looked.
    func people(of room: RoomID, at now: Instant) -> [UserHandle]? {
        crowds.first { $0.room == room && now < $0.until }?.people
    }
}
