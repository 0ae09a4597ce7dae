/// The handshakes of all listeners of a process that have begun and not ended, in the order of their beginning, and a bound
/// for them.
///
/// Used from all loops. One that has to go for another's sake counts no more from then on; its own loop, perhaps
/// another one, hears of it by mail.
public final class HandshakeLine: Sendable {
    struct Newcomer {
        let number: UInt64
        /// Who had to go for it.
        let givenUp: GivenUp?
    }

    /// One that has to go, to be told once the lock is free.
    struct GivenUp {
        fileprivate let number: UInt64
        fileprivate let owner: Addressee<Handshakes>

        func tell() { owner.send { [number] in $0.giveUp(number) } }
    }

    fileprivate struct State: Sendable {
        var owners: [UInt64: Addressee<Handshakes>] = [:]
        /// The oldest that has not ended; `next` where there is none.
        var oldest: UInt64 = 0
        var next: UInt64 = 0
    }

    private let limit: Int
    private let state = Guarded(State())

    /// Makes an empty line for so many at once.
    public init(limit: Int) { self.limit = limit }

    /// How many there are.
    var count: Int { state.withLock { $0.owners.count } }

    /// How many numbers there are from the oldest on: what a search for it would have to look through.
    var span: UInt64 { state.withLock { $0.next - $0.oldest } }

    /// One more has begun: where that is one too many, the oldest goes.
    func begin(_ owner: Addressee<Handshakes>) -> Newcomer {
        state.withLock { state in
            let givenUp = state.owners.count >= limit ? state.takeOldest() : nil
            let number = state.next
            state.owners[number] = owner
            state.next &+= 1
            return Newcomer(number: number, givenUp: givenUp)
        }
    }

    /// One has ended, one way or another.
    func end(_ number: UInt64) { state.withLock { $0.end(number) } }
}

extension HandshakeLine.State {
    fileprivate mutating func end(_ number: UInt64) {
        owners[number] = nil
        if number == oldest { passTheEnded() }
    }

    fileprivate mutating func takeOldest() -> HandshakeLine.GivenUp? {
        let number = oldest
        guard let owner = owners.removeValue(forKey: number) else { return nil }
        passTheEnded()
        return HandshakeLine.GivenUp(number: number, owner: owner)
    }

    /// Each is passed once: at the first overload nobody has to look through all that ever were.
    private mutating func passTheEnded() {
        while oldest < next, owners[oldest] == nil { oldest &+= 1 }
    }
}
