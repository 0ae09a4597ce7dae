import Engine
import Postgres

/// Does together what is asked for at the same time: what comes while some is being done goes with the next.
///
///     requests ──gathered in a turn, or while a batch is under way──► work: one transaction for all ──► an answer each
///
/// So a batch grows with the load, and nobody waits where there is none. Belongs to its loop. A batch that fails as a
/// whole is done again request by request, and those that come meanwhile do not wait for that: whatever is wrong with one
/// neither fails nor stops the others. `work` may thus be given the same request twice.
final class GroupCommit<Request, Answer: Sendable> {
    /// What became of each request, in their order; throws where nothing became of any of them.
    ///
    /// `isAlone` where nobody waits for it but the one who asks: it may take its time.
    typealias Work =
        nonisolated(nonsending) (_ requests: [Request], _ isAlone: Bool) async throws
        -> [Result<Answer, any Error>]

    private typealias Done = (Result<Answer, any Error>) -> Void

    private let loop: EventLoop
    private let most: Int
    private let work: Work
    private var waiting: [(request: Request, done: Done)] = []
    private var underWay = 0
    private var isDue = false

    /// Makes one that does at most so many at a time.
    init(loop: EventLoop, most: Int = 64, work: @escaping Work) {
        self.loop = loop
        self.most = most
        self.work = work
    }

    /// Has one done, with others.
    func answer(to request: Request) async throws -> Answer {
        let result = await withCheckedContinuation { continuation in
            waiting.append((request, { continuation.resume(returning: $0) }))
            lookAtTurnEnd()
        }
        return try result.get()
    }

    private func lookAtTurnEnd() {
        guard !isDue else { return }
        isDue = true
        loop.beforeSending { [self] in
            isDue = false
            look()
        }
    }

    private func look() {
        while !waiting.isEmpty, underWay == 0 || waiting.count >= most {
            let batch = Array(waiting.prefix(most))
            waiting.removeFirst(batch.count)
            underWay += 1
            loop.spawn {
                await self.run(batch, isAlone: false)
                self.underWay -= 1
                self.lookAtTurnEnd()
            }
        }
    }

    private func run(_ batch: [(request: Request, done: Done)], isAlone: Bool) async {
        do {
            let answers = try await work(batch.map(\.request), isAlone)
            for (index, each) in batch.enumerated() {
                each.done(index < answers.count ? answers[index] : .failure(Unanswered()))
            }
        } catch {
            guard !isAlone, error.mayConcernOneOnly else {
                for each in batch { each.done(.failure(error)) }
                return
            }
            for each in batch { loop.spawn { await self.run([each], isAlone: true) } }
        }
    }

    /// Fewer answers than requests: an error of the work's.
    private struct Unanswered: Error {}
}

/// How long somebody waits for what another has locked, in milliseconds.
struct GroupPatience {
    /// Those that go together: longer, whoever wishes for it waits alone.
    var together = 250
    /// Less than a gateway waits for the answer.
    var alone = 4_000

    func milliseconds(isAlone: Bool) -> Int { isAlone ? alone : together }
}

extension Error {
    /// Whether others might have been done without the request that met this; else all would meet it, one by one.
    fileprivate var mayConcernOneOnly: Bool {
        guard let error = self as? PostgresError else { return false }
        return !error.isOutage && error != .overloaded && error != .closed
    }
}
