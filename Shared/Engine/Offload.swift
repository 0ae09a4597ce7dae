internal import Dispatch

/// Threads for what blocks or burns, such as password hashes and name resolution.
///
/// Bounded in width and in waiting work; those for whom it is take turns.
public final class Offload: Sendable {
    private struct Work: Sendable {
        /// Does it, and returns how its end is told.
        let run: @Sendable () -> @Sendable () -> Void
        /// Tells that there is no place for it.
        let refuse: @Sendable () -> Void
    }

    private struct State {
        var running = 0
        var waiting: FairQueue<String, Work>
    }

    private let queue: DispatchQueue
    private let width: Int
    private let state: Guarded<State>

    /// Makes a queue that runs `width` pieces of work at once and lets `waitingLimit` more wait.
    public init(name: String, width: Int, waitingLimit: Int) {
        queue = DispatchQueue(label: name, attributes: .concurrent)
        self.width = max(width, 1)
        state = Guarded(State(waiting: FairQueue(limit: waitingLimit)))
    }

    /// How many pieces of work run or wait.
    public var depth: Int { state.withLock { $0.running + $0.waiting.count } }

    /// Runs `work` on a thread of its own and resumes on the caller's executor.
    ///
    /// - Parameter owner: for whom it is done. Where much waits, each has a turn; where the queue is full, who has most
    ///   in it loses the newest of that to who has less.
    /// - Throws: `EngineError.overloaded` where the queue is full, else what `work` throws.
    public func run<T: Sendable>(
        for owner: String = "", _ work: @escaping @Sendable () throws -> T
    ) async throws -> T {
        let loop = EventLoop.current
        loop?.away += 1
        defer { loop?.away -= 1 }
        typealias Continuation = CheckedContinuation<T, any Error>
        return try await withCheckedThrowingContinuation { (continuation: Continuation) in
            admit(
                Work(
                    run: {
                        let result = Result(catching: work)
                        return { continuation.resume(with: result) }
                    }, refuse: { continuation.resume(throwing: EngineError.overloaded) }), for: owner)
        }
    }

    private func admit(_ work: Work, for owner: String) {
        let verdict = state.withLock { state -> (starts: Bool, refused: Work?) in
            guard state.running >= width else {
                state.running += 1
                return (true, nil)
            }
            return (false, state.waiting.add(work, of: owner))
        }
        if verdict.starts { queue.async { self.runAndContinue(work) } }
        verdict.refused?.refuse()
    }

    private func runAndContinue(_ first: Work) {
        var work: Work? = first
        while let current = work {
            let tell = current.run()
            // Before it is told: who hears of the end and comes again at once must find the place free.
            defer { tell() }
            work = state.withLock { state in
                if let next = state.waiting.next() { return next }
                state.running -= 1
                return nil
            }
        }
    }
}
