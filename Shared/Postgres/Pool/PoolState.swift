/// The rules of the pool: who gets which connection next, who waits, and when new ones are opened.
///
/// Connections and waiters are numbers here; the client knows what they stand for.
struct PoolState {
    typealias ConnectionNumber = Int
    typealias Ticket = Int

    enum Admission: Equatable { case lease(ConnectionNumber), wait(Ticket), refuse }

    private let size: Int
    private let mostWaiters: Int
    private var opening: Set<ConnectionNumber> = []
    private var idle: [ConnectionNumber] = []
    private var busy: Set<ConnectionNumber> = []
    private var waiters: [Ticket] = []
    private var nextConnection = 0
    private var nextTicket = 0
    private var isDraining = false
    /// Attempts to connect that failed since the last one that worked.
    private(set) var failures = 0

    init(size: Int, mostWaiters: Int) {
        self.size = max(1, size)
        self.mostWaiters = max(0, mostWaiters)
    }

    var idleCount: Int { idle.count }
    var busyCount: Int { busy.count }
    var waiterCount: Int { waiters.count }
    var isAlive: Bool { !idle.isEmpty || !busy.isEmpty }

    /// Somebody wants a connection: the one used last (its caches are warm), a place in the queue, or nothing.
    mutating func acquire() -> Admission {
        guard !isDraining else { return .refuse }
        if let connection = idle.popLast() {
            busy.insert(connection)
            return .lease(connection)
        }
        guard waiters.count < mostWaiters else { return .refuse }
        nextTicket += 1
        waiters.append(nextTicket)
        return .wait(nextTicket)
    }

    /// Which connections to begin opening now.
    ///
    /// While none is alive, or after a failure, one scout goes out.
    mutating func openings() -> [ConnectionNumber] {
        guard !isDraining else { return [] }
        let missing = size - opening.count - idle.count - busy.count
        let wanted = failures > 0 || !isAlive ? min(missing, 1 - opening.count) : missing
        guard wanted > 0 else { return [] }
        let numbers = (0..<wanted).map { nextConnection + $0 }
        nextConnection += wanted
        opening.formUnion(numbers)
        return numbers
    }

    /// A connection is ready; the answer is the waiter that gets it.
    mutating func opened(_ connection: ConnectionNumber) -> Ticket? {
        guard opening.remove(connection) != nil else { return nil }
        failures = 0
        return handOver(connection)
    }

    /// A connection could not be opened.
    mutating func failedToOpen(_ connection: ConnectionNumber) {
        guard opening.remove(connection) != nil else { return }
        failures += 1
    }

    /// A lease ends with the connection in order; the answer is the waiter that gets it next.
    mutating func released(_ connection: ConnectionNumber) -> Ticket? {
        guard busy.remove(connection) != nil else { return nil }
        return handOver(connection)
    }

    /// A connection broke, idle or leased.
    mutating func lost(_ connection: ConnectionNumber) {
        busy.remove(connection)
        idle.removeAll { $0 == connection }
    }

    /// A waiter gave up; false if it had been served meanwhile.
    mutating func abandoned(_ ticket: Ticket) -> Bool {
        guard let position = waiters.firstIndex(of: ticket) else { return false }
        waiters.remove(at: position)
        return true
    }

    /// No more leases: the answer are the waiters to send home and the connections to close at once.
    mutating func drain() -> (waiters: [Ticket], connections: [ConnectionNumber]) {
        isDraining = true
        defer {
            waiters = []
            idle = []
            opening = []
        }
        return (waiters, idle + opening)
    }

    private mutating func handOver(_ connection: ConnectionNumber) -> Ticket? {
        guard !waiters.isEmpty else {
            idle.append(connection)
            return nil
        }
        busy.insert(connection)
        return waiters.removeFirst()
    }
}
