import Schema
import Web

/// How many connections each address and each user has here, and whether one more is too many.
///
/// Pure. A limit of 0 is none. Each gateway counts its own, over all its loops (`Entrance`): a limit for the cluster would put Redis before every accept.
struct ConnectionCensus {
    private let perAddress: Int
    private let perUser: Int
    private var addresses: [AddressKey: Int] = [:]
    private var users: [UserHandle: Int] = [:]

    init(perAddress: Int, perUser: Int) {
        self.perAddress = perAddress
        self.perUser = perUser
    }

    /// Counts a connection from this address; says whether it may stay.
    mutating func opened(from address: AddressKey) -> Bool {
        let count = (addresses[address] ?? 0) + 1
        addresses[address] = count
        return perAddress == 0 || count <= perAddress
    }

    mutating func ended(from address: AddressKey) {
        let count = (addresses[address] ?? 0) - 1
        addresses[address] = count > 0 ? count : nil
    }

    /// Counts a connection of this user; says whether it may stay.
    mutating func admitted(_ user: UserHandle) -> Bool {
        let count = (users[user] ?? 0) + 1
        users[user] = count
        return perUser == 0 || count <= perUser
    }

    mutating func ended(_ user: UserHandle) {
        let count = (users[user] ?? 0) - 1
        users[user] = count > 0 ? count : nil
    }
}
