import Engine
import Hosting
import Schema
import Web

/// Who may come in: what the bounds of a gateway count over all of its loops, and whom one of them has introduced.
///
/// Used from all of them.
final class Entrance: Sendable {
    /// Writes to a loop that one of its strangers has to go, and why.
    typealias Dismissal = @Sendable (_ number: UInt64, _ bound: EdgeLimit) -> Void

    /// One who waits to say who they are.
    struct Stranger: Sendable {
        let number: UInt64
        /// Who had to go for them.
        let pushedOut: PushedOut?
    }

    /// One who has to go, perhaps on another loop; it hears of it by mail.
    struct PushedOut: Sendable {
        let number: UInt64
        let bound: EdgeLimit
        fileprivate let dismiss: Dismissal

        func tell() { dismiss(number, bound) }
    }

    /// What memory says.
    struct Weight: Sendable {
        let isOver: Bool
        /// Whether that is news.
        let hasChanged: Bool
    }

    fileprivate struct State: Sendable {
        var census: ConnectionCensus
        var unknown: WaitingConnections<UInt64>
        /// Those who wait, and who is told when they have to go.
        var dismissals: [UInt64: Dismissal] = [:]
        var memory: MemoryBound
        var last: UInt64 = 0
        /// Who is known to auth: asked once each.
        var known: Set<UserHandle> = []
    }

    private static let mostKnown = 100_000

    private let state: Guarded<State>
    private let metrics: GatewayMetrics

    /// Takes the bounds: connections of one address and of one user, those who have not said who they are, and memory.
    init(
        census: ConnectionCensus, unknown: WaitingConnections<UInt64>.Bounds, memory: MemoryBound,
        metrics: GatewayMetrics
    ) {
        self.metrics = metrics
        state = Guarded(State(census: census, unknown: WaitingConnections(unknown), memory: memory))
    }

    /// Counts a connection from this address; says whether it may stay.
    func opened(from address: AddressKey) -> Bool { state.withLock { $0.census.opened(from: address) } }

    func ended(from address: AddressKey) { state.withLock { $0.census.ended(from: address) } }

    /// Counts a connection of this user; says whether it may stay.
    func admitted(_ user: UserHandle) -> Bool { state.withLock { $0.census.admitted(user) } }

    func ended(_ user: UserHandle) { state.withLock { $0.census.ended(user) } }

    /// Somebody waits from now on to say who they are.
    func strangerCame(from address: AddressKey, _ dismiss: @escaping Dismissal) -> Stranger {
        state.withLock { state in
            state.last += 1
            state.dismissals[state.last] = dismiss
            let pushedOut = state.unknown.came(state.last, from: address).flatMap { state.push(out: $0) }
            metrics.unknown.set(state.unknown.count)
            return Stranger(number: state.last, pushedOut: pushedOut)
        }
    }

    /// They hold so many bytes of an unfinished message; answers who has to go for it, which may be themselves.
    func strangerHolds(_ number: UInt64, bytes: Int) -> [PushedOut] {
        state.withLock { state in
            let pushedOut = state.unknown.holds(number, bytes: bytes).compactMap { state.push(out: $0) }
            metrics.unknown.set(state.unknown.count)
            return pushedOut
        }
    }

    /// They have said so, or gone.
    func strangerLeft(_ number: UInt64) {
        state.withLock { state in
            guard state.dismissals.removeValue(forKey: number) != nil else { return }
            state.unknown.left(number)
            metrics.unknown.set(state.unknown.count)
        }
    }

    /// Whether auth has been told of this user.
    func knows(_ user: UserHandle) -> Bool { state.withLock { $0.known.contains(user) } }

    /// Auth has been told.
    func introduced(_ user: UserHandle) {
        state.withLock { state in
            if state.known.count >= Self.mostKnown { state.known = [] }
            state.known.insert(user)
        }
    }

    /// Takes how much waits here in all.
    func weigh(_ bytes: Int) -> Weight {
        state.withLock { state in
            let hasChanged = state.memory.changed(by: bytes)
            if hasChanged { metrics.overloaded.set(state.memory.isOver ? 1 : 0) }
            return Weight(isOver: state.memory.isOver, hasChanged: hasChanged)
        }
    }
}

extension Entrance.State {
    fileprivate mutating func push(out surplus: WaitingConnections<UInt64>.Surplus) -> Entrance.PushedOut? {
        dismissals.removeValue(forKey: surplus.id).map {
            Entrance.PushedOut(number: surplus.id, bound: EdgeLimit(surplus.bound), dismiss: $0)
        }
    }
}
