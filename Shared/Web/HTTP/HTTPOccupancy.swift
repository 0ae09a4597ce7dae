internal import Engine

/// The connections of all HTTP servers of a process, one on each of its loops, and the bounds that they share.
///
/// Used from all of these loops. A connection that has to go for another's sake counts no more from then on; its own
/// server, perhaps of another loop, hears of it by mail.
public final class HTTPOccupancy: Sendable {
    /// How many there are.
    public struct Counts: Sendable, Equatable {
        /// Connections that speak HTTP; upgraded ones are not counted.
        public let connections: Int
        /// Those of them whose request has not come in whole.
        public let unfinished: Int
        /// Bytes that these hold.
        public let unfinishedBytes: Int
    }

    /// Who has come: the number they go by, and what is to be said to them where there is no place.
    struct Newcomer {
        let number: UInt64
        let refusal: Refusal?
    }

    struct Refusal {
        let reason: HTTPRefusal
        let problem: Problem
        /// So many are turned down already that this one is closed without a word.
        let isFlood: Bool
    }

    fileprivate struct Guest: Sendable {
        let server: Int
        let address: AddressKey?
    }

    fileprivate struct State: Sendable {
        var servers: [Addressee<HTTPServer>] = []
        var guests: [UInt64: Guest] = [:]
        var addresses: [AddressKey: Int] = [:]
        var unfinished: WaitingConnections<UInt64>
        var idle = WaitingConnections<UInt64>(.init())
        var last: UInt64 = 0
    }

    private let limits: HTTPLimits
    private let state: Guarded<State>

    /// Makes an empty house with these limits.
    public init(limits: HTTPLimits) {
        self.limits = limits
        let bounds = WaitingConnections<UInt64>.Bounds(
            total: limits.unfinished, perAddress: limits.unfinishedPerAddress, bytes: limits.unfinishedBytes)
        state = Guarded(State(unfinished: WaitingConnections(bounds)))
    }

    /// How many connections there are, and how many of them have not said yet what they want.
    public var counts: Counts {
        state.withLock {
            Counts(
                connections: $0.guests.count, unfinished: $0.unfinished.count,
                unfinishedBytes: $0.unfinished.bytes)
        }
    }

    /// A server shares in the bounds from now on; answers the number it goes by.
    func open(_ server: Addressee<HTTPServer>) -> Int {
        state.withLock {
            $0.servers.append(server)
            return $0.servers.count - 1
        }
    }

    /// A connection has come.
    func came(from address: AddressKey?, to server: Int) -> Newcomer {
        let (newcomer, pushedOut) = state.withLock { state -> (Newcomer, Pushed?) in
            var pushedOut: Pushed?
            if state.guests.count >= limits.connections, let longest = state.idle.oldest {
                pushedOut = state.push(out: longest)
            }
            let ofAddress = address.map { state.addresses[$0, default: 0] + 1 } ?? 0
            let refusal = refusal(connections: state.guests.count + 1, ofAddress: ofAddress)
            state.last += 1
            if refusal?.isFlood != true {
                state.guests[state.last] = Guest(server: server, address: address)
                if let address { state.addresses[address] = ofAddress }
            }
            return (Newcomer(number: state.last, refusal: refusal), pushedOut)
        }
        pushedOut?.tell()
        return newcomer
    }

    private func refusal(connections: Int, ofAddress: Int) -> Refusal? {
        func isFlood(_ count: Int, _ limit: Int) -> Bool { count > limit + limit / 8 + 8 }
        if connections > limits.connections {
            return Refusal(
                reason: .connections, problem: HTTPServer.overloaded,
                isFlood: isFlood(connections, limits.connections))
        }
        let limit = limits.connectionsPerAddress
        guard limit > 0, ofAddress > limit else { return nil }
        return Refusal(
            reason: .connectionsPerAddress, problem: HTTPServer.tooMany, isFlood: isFlood(ofAddress, limit))
    }

    /// A connection's request has begun or is awaited, and so much of it is held; answers why others had to go.
    func unfinished(_ number: UInt64, bytes: Int) -> [HTTPRefusal] {
        let pushedOut = state.withLock { state -> [(HTTPRefusal, Pushed)] in
            guard let guest = state.guests[number] else { return [] }
            state.idle.left(number)
            let surplus = [state.unfinished.came(number, from: guest.address)].compactMap(\.self)
            return (surplus + state.unfinished.holds(number, bytes: bytes)).compactMap { each in
                state.push(out: each.id).map { (HTTPRefusal(each.bound), $0) }
            }
        }
        for (_, pushed) in pushedOut { pushed.tell() }
        return pushedOut.map(\.0)
    }

    /// A connection waits for a further request.
    func idle(_ number: UInt64) {
        state.withLock { state in
            guard state.guests[number] != nil else { return }
            state.unfinished.left(number)
            _ = state.idle.came(number, from: nil)
        }
    }

    /// It is our turn.
    func busy(_ number: UInt64) { state.withLock { $0.stopsWaiting(number) } }

    /// A connection has gone, or speaks another protocol.
    func left(_ number: UInt64) { state.withLock { _ = $0.remove(number) } }

    /// One that has to go, to be told once the lock is free.
    fileprivate struct Pushed {
        let number: UInt64
        let server: Addressee<HTTPServer>

        func tell() { server.send { [number] in $0.drop(number) } }
    }
}

extension HTTPOccupancy.State {
    fileprivate mutating func stopsWaiting(_ number: UInt64) {
        unfinished.left(number)
        idle.left(number)
    }

    fileprivate mutating func remove(_ number: UInt64) -> HTTPOccupancy.Guest? {
        guard let guest = guests.removeValue(forKey: number) else { return nil }
        stopsWaiting(number)
        if let address = guest.address {
            let count = addresses[address, default: 0] - 1
            addresses[address] = count > 0 ? count : nil
        }
        return guest
    }

    fileprivate mutating func push(out number: UInt64) -> HTTPOccupancy.Pushed? {
        remove(number).map { HTTPOccupancy.Pushed(number: number, server: servers[$0.server]) }
    }
}
