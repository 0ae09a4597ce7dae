import Hosting
import Redis
import RoomFunctions
import Schema

/// Finds out whether a message has its place already: what Redis does not remember any more the archive can tell.
///
/// It costs nothing of a limit. Belongs to its loop.
final class Recall {
    /// What was found out.
    enum Finding {
        /// This is what is to be told: it has its place, another has its key, or its sender may not ask.
        case known(AcceptReply)
        /// Redis has never had it as far as it remembers; what is older the archive can tell.
        case forgotten
        /// It has no place.
        case unknown
        /// It may be what the archive still lacks, or the archive does not answer: nobody can tell now.
        case undecided
        /// Auth must load the room first.
        case unloaded
        /// Redis did not answer: to be asked again.
        case unanswered
    }

    /// Whether the archive answers at all: else nobody is kept waiting for it.
    var isArchiveAnswering: () -> Bool = { true }

    private let redis: RedisClient
    private let archive: SendArchive
    private let calls: RoomCalls
    private let metrics: GatewayMetrics

    init(redis: RedisClient, archive: SendArchive, calls: RoomCalls, metrics: GatewayMetrics) {
        self.redis = redis
        self.archive = archive
        self.calls = calls
        self.metrics = metrics
    }

    /// Asks Redis, by `room_seen`.
    func askRedis(_ message: OutgoingMessage, _ done: @escaping (Finding) -> Void) {
        guard let run = redis.runID else { return done(.unanswered) }
        redis.function(
            RoomFunctions.seen, keys: calls.keys([message.room]), arguments: calls.seen(message, run: run)
        ) { result in
            switch (try? result.get()).flatMap({ AcceptReply($0) }) {
            case nil: done(.unanswered)
            case .unseen(let memory): done(memory.reachesTheArchive ? .forgotten : .undecided)
            case .unloaded: done(.unloaded)
            case .some(let reply): done(.known(reply))
            }
        }
    }

    /// Asks the archive for one that Redis has forgotten.
    func askArchive(_ message: OutgoingMessage, _ done: @escaping (Finding) -> Void) {
        guard isArchiveAnswering() else { return done(.undecided) }
        metrics.archiveQuestions.add()
        archive.find(message) { answer in
            switch answer {
            case nil: done(.undecided)
            case .other: done(.known(.refused(.idempotencyConflict)))
            case .same(let id, let position):
                done(.known(.placed(id, position, isDuplicate: true, stored: SendOutcome.archived)))
            case .unknown: done(.unknown)
            }
        }
    }
}
