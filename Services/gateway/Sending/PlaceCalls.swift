import Bus
import Engine
import Redis
import RoomFunctions
import Schema

/// Puts messages that are ready to `room_accept`, one call for all that have become so while the one before was under way.
///
/// So calls grow with the load, and nobody waits where there is none (group commit). Belongs to its loop.
final class PlaceCalls {
    /// One message on its way.
    struct Call {
        let attempt: RoomCalls.Try
        /// Whether it may have had its place before this call.
        let before: Bool
    }

    typealias Answer = Result<RedisReply, RedisError>

    /// Makes the call of one that is ready; nil where it cannot be called now.
    var prepare: (OutgoingMessage) -> Call? = { _ in nil }
    /// Asks for a unit for one that is the first of its lane now.
    var goOn: (OutgoingMessage) -> Void = { _ in }
    /// Tells the sender of one how it ended, as it is the first of its lane now.
    var tell: (OutgoingMessage) -> Void = { _ in }
    /// Takes the answer to one.
    var answered: (Call, Answer) -> Void = { _, _ in }

    private let loop: EventLoop
    private let redis: RedisClient
    private let calls: RoomCalls
    private var offered: [(room: RoomID, lane: SendLane)] = []
    /// The lanes that have something for the next call.
    private var waiting: [(room: RoomID, lane: SendLane)] = []
    /// How many calls are under way.
    private var underWay = 0

    /// What one call holds: nobody else's command is to wait for long.
    ///
    /// A lane brings no more than this at a time, and its first message in any case.
    private static let mostMessages = Int(RoomCalls.most)
    private static let mostBytes = 131_072

    init(loop: EventLoop, redis: RedisClient, calls: RoomCalls) {
        self.loop = loop
        self.redis = redis
        self.calls = calls
    }

    /// Looks at a lane at the end of this turn.
    func offer(_ lane: SendLane, of room: RoomID) {
        guard !lane.isOffered else { return }
        lane.isOffered = true
        if offered.isEmpty { loop.beforeSending { [weak self] in self?.look() } }
        offered.append((room, lane))
    }

    private func look() {
        let lanes = offered
        offered = []
        for (room, lane) in lanes {
            lane.isOffered = false
            advance(lane)
            guard !lane.isWaiting, lane.hasReady else { continue }
            lane.isWaiting = true
            waiting.append((room, lane))
        }
        // Each has one message at least: more than a call holds need not wait for each other.
        if underWay == 0 || waiting.count >= Self.mostMessages { send() }
    }

    private func send() {
        let lanes = waiting
        waiting = []
        var batch = Batch()
        for (room, lane) in lanes {
            lane.isWaiting = false
            let ready = lane.takeReady(most: Self.mostMessages, bytes: Self.mostBytes) { prepare($0) }
            guard !ready.isEmpty else { continue }
            let bytes = ready.reduce(0) { $0 + $1.attempt.message.byteCount }
            if batch.count + ready.count > Self.mostMessages || batch.bytes + bytes > Self.mostBytes {
                call(batch)
                batch = Batch()
            }
            batch.add(ready, bytes, of: room)
        }
        call(batch)
    }

    /// What goes in one call, by room.
    private struct Batch {
        private(set) var rooms: [(id: RoomID, calls: [Call])] = []
        private(set) var count = 0
        private(set) var bytes = 0
        private var places: [RoomID: Int] = [:]

        mutating func add(_ calls: [Call], _ bytes: Int, of room: RoomID) {
            if let place = places[room] {
                rooms[place].calls += calls
            } else {
                places[room] = rooms.count
                rooms.append((room, calls))
            }
            count += calls.count
            self.bytes += bytes
        }
    }

    /// Lets go of all at the head of a lane that only waited to be there.
    private func advance(_ lane: SendLane) {
        while let head = lane.head {
            switch head.step {
            case .held:
                head.step = .working
                goOn(head)
            case .answered: tell(head)
            case .working, .ready, .calling, .gone: return
            }
        }
    }

    private func call(_ batch: Batch) {
        guard batch.count > 0 else { return }
        let together = batch.rooms.flatMap(\.calls)
        guard let run = redis.runID else { return fail(together, .unavailable) }
        underWay += 1
        let rooms = batch.rooms.map { RoomCalls.Room(id: $0.id, tries: $0.calls.map(\.attempt)) }
        redis.function(
            RoomFunctions.accept, keys: calls.keys(rooms.lazy.map(\.id)),
            arguments: calls.accept(rooms, run: run)
        ) { [self] result in
            ended()
            switch result {
            case .failure(let error): fail(together, error)
            case .success(let replies):
                for (index, call) in together.enumerated() { answered(call, replies[index].result) }
            }
        }
    }

    /// One less is under way: what has gathered meanwhile goes with what becomes ready by its answer.
    private func ended() {
        underWay -= 1
        guard underWay == 0, !waiting.isEmpty else { return }
        loop.beforeSending { [weak self] in self?.look() }
    }

    private func fail(_ together: [Call], _ error: RedisError) {
        for call in together { answered(call, .failure(error)) }
    }
}
