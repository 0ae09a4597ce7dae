import Schema

/// The direct messages that users' devices are still to be told of: of each room the first, as the rest follows it.
///
/// Pure. Bounded, with those of the other loops together: beyond that the devices that do not follow the room miss what was
/// said, and find it in its history.
struct UntoldMessages {
    /// Whom to tell, and of which room.
    struct Address: Hashable {
        let user: UserHandle
        let room: RoomID
    }

    private var places: [Address: LogPosition] = [:]

    /// How many all loops of a gateway may have.
    static let most = 10_000

    var count: Int { places.count }

    /// From where to tell now that a message has this place: devices that hear of a later one never ask for those before.
    func first(of address: Address, or place: LogPosition) -> LogPosition { places[address] ?? place }

    /// Some that are to be told again.
    func some(_ count: Int) -> [(address: Address, place: LogPosition)] {
        places.prefix(count).map { ($0.key, $0.value) }
    }

    /// Redis did not confirm; says whether it is kept.
    ///
    /// - Parameter admits: asked where it would be one more; says whether there is room for it.
    mutating func failed(_ address: Address, at place: LogPosition, admits: () -> Bool) -> Bool {
        guard places[address] == nil else { return true }
        guard admits() else { return false }
        places[address] = place
        return true
    }

    /// Redis confirmed; says whether there is one fewer.
    mutating func told(_ address: Address, from place: LogPosition) -> Bool {
        guard places[address] == place else { return false }
        places[address] = nil
        return true
    }
}
