/// Connections that keep us waiting, the longest first: for the rest of a request, or for who somebody is.
///
/// Pure. Where there are too many of them, in all or of one address, or where they hold too many bytes, those go
/// that have waited longest: an honest client is through after a round trip or two, so whoever fills the place
/// pushes out their own.
public struct WaitingConnections<ID: Hashable> {
    /// How much is let in; 0 is no bound.
    public struct Bounds: Sendable, Equatable {
        /// Connections in all.
        public var total: Int
        /// Connections of one address.
        public var perAddress: Int
        /// Bytes that all hold together.
        public var bytes: Int

        /// Takes the bounds.
        public init(total: Int = 0, perAddress: Int = 0, bytes: Int = 0) {
            (self.total, self.perAddress, self.bytes) = (total, perAddress, bytes)
        }
    }

    /// A connection that has to go, and the bound that says so.
    public struct Surplus: Equatable {
        /// The bounds.
        public enum Bound: Sendable { case total, perAddress, bytes }
        /// Which one.
        public let id: ID
        /// Why.
        public let bound: Bound
    }

    private struct Entry {
        let ticket: Int
        let address: AddressKey?
        var bytes = 0
    }

    private let bounds: Bounds
    private var entries: [ID: Entry] = [:]
    private var addresses: [AddressKey: Set<ID>] = [:]
    /// In the order of their coming; who has left since is passed over.
    private var line: [(id: ID, ticket: Int)] = []
    private var head = 0
    private var tickets = 0

    /// How many bytes they hold together.
    public private(set) var bytes = 0
    /// How many wait.
    public var count: Int { entries.count }

    /// Makes an empty line.
    public init(_ bounds: Bounds) { self.bounds = bounds }

    /// Notes that one waits from now on; answers who has to go for it.
    ///
    /// One without an address counts in all only; one that waits already stays where it is.
    public mutating func came(_ id: ID, from address: AddressKey?) -> Surplus? {
        guard entries[id] == nil else { return nil }
        tickets &+= 1
        entries[id] = Entry(ticket: tickets, address: address)
        line.append((id, tickets))
        if let address {
            addresses[address, default: []].insert(id)
            if bounds.perAddress > 0, let oldest = oldest(of: address, beyond: bounds.perAddress) {
                left(oldest)
                return Surplus(id: oldest, bound: .perAddress)
            }
        }
        guard bounds.total > 0, entries.count > bounds.total, let oldest else { return nil }
        left(oldest)
        return Surplus(id: oldest, bound: .total)
    }

    /// Notes how many bytes one holds; answers who has to go for it, which may be itself.
    public mutating func holds(_ id: ID, bytes held: Int) -> [Surplus] {
        guard let entry = entries[id] else { return [] }
        bytes += held - entry.bytes
        entries[id]?.bytes = held
        guard bounds.bytes > 0 else { return [] }
        var surplus: [Surplus] = []
        // Who holds nothing would not help by going.
        for next in line[head...] where entries[next.id]?.ticket == next.ticket {
            guard bytes > bounds.bytes else { break }
            guard entries[next.id]?.bytes ?? 0 > 0 else { continue }
            surplus.append(Surplus(id: next.id, bound: .bytes))
            left(next.id)
        }
        return surplus
    }

    /// Notes that one does not wait any more.
    public mutating func left(_ id: ID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        bytes -= entry.bytes
        if let address = entry.address {
            addresses[address]?.remove(id)
            if addresses[address]?.isEmpty == true { addresses[address] = nil }
        }
        tidy()
    }

    /// Who has waited longest.
    public var oldest: ID? {
        line[head...].first { entries[$0.id]?.ticket == $0.ticket }?.id
    }

    private func oldest(of address: AddressKey, beyond limit: Int) -> ID? {
        guard let ids = addresses[address], ids.count > limit else { return nil }
        return ids.min { entries[$0]?.ticket ?? 0 < entries[$1]?.ticket ?? 0 }
    }

    /// Forgets those who have left: at the head at once, elsewhere when they are the most.
    private mutating func tidy() {
        while head < line.count, entries[line[head].id]?.ticket != line[head].ticket { head += 1 }
        guard line.count > 2 * entries.count + 64 else { return }
        line = line[head...].filter { entries[$0.id]?.ticket == $0.ticket }
        head = 0
    }
}

extension WaitingConnections: Sendable where ID: Sendable {}
extension WaitingConnections.Surplus: Sendable where ID: Sendable {}
