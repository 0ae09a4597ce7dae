internal import Dispatch

/// Threads for what blocks or burns, such as password hashes and name resolution.
///
/// Bounded in width and in waiting work.
public final class Offload: Sendable {
    /// Does the work, and returns how its end is told.
    private typealias Work = @Sendable () -> @Sendable () -> Void

    private struct State {
        var running = 0
        var waiting: [Work] = []
    }

    private let queue: DispatchQueue
    private let width: Int
    private let waitingLimit: Int
    private let state = Guarded(State())

    /// Makes a queue that runs `width` pieces of work at once and lets `waitingLimit` more wait.
    public init(name: String, width: Int, waitingLimit: Int) {
        queue = DispatchQueue(label: name, attributes: .concurrent)
        self.width = max(width, 1)
        self.waitingLimit = max(waitingLimit, 0)
    }

    /// How many pieces of work run or wait.
    public var depth: Int { state.withLock { $0.running + $0.waiting.count } }

    /// Runs `work` on a thread of its own and resumes on the caller's executor.
    ///
    /// - Throws: `EngineError.overloaded` at once where the queue is full, else what `work` throws.
    public func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        let loop = EventLoop.current
        loop?.away += 1
        defer { loop?.away -= 1 }
        typealias Continuation = CheckedContinuation<T, any Error>
        return try await withCheckedThrowingContinuation { (continuation: Continuation) in
            let accepted = admit {
                let result = Result(catching: work)
                return { continuation.resume(with: result) }
            }
            if !accepted { continuation.resume(throwing: EngineError.overloaded) }
        }
    }

    private func admit(_ work: @escaping Work) -> Bool {
        let verdict = state.withLock { state -> (start: Bool, accepted: Bool) in
            if state.running < width {
                state.running += 1
                return (true, true)
            }
            guard state.waiting.count < waitingLimit else { return (false, false) }
            state.waiting.append(work)
            return (false, true)
        }
        if verdict.start { queue.async { self.runAndContinue(work) } }
        return verdict.accepted
    }

    private func runAndContinue(_ first: @escaping Work) {
        var work: Work? = first
        while let current = work {
            let tell = current()
            // Before it is told: who hears of the end and comes again at once must find the place free.
            defer { tell() }
            work = state.withLock { state in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.running -= 1
                return nil
            }
        }
    }
}
