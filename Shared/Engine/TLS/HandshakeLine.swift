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
        var oldest: UInt64 = 0
        var next: UInt64 = 0
    }

    private let limit: Int
    private let state = Guarded(State())

    /// Makes an empty line for so many at once.
    public init(limit: Int) { self.limit = limit }

    /// How many there are.
    var count: Int { state.withLock { $0.owners.count } }

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
    func end(_ number: UInt64) { state.withLock { $0.owners[number] = nil } }
}

extension HandshakeLine.State {
    fileprivate mutating func takeOldest() -> HandshakeLine.GivenUp? {
        while oldest < next {
            defer { oldest &+= 1 }
            if let owner = owners.removeValue(forKey: oldest) {
                return HandshakeLine.GivenUp(number: oldest, owner: owner)
            }
        }
        return nil
    }
}
