import Bus
import Engine
import Redis
import RoomFunctions
import Schema

/// Puts messages that are ready to `room_accept`: one call for all of a room that have become so in one turn.
///
/// Belongs to its loop.
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
    /// Takes the answer to one.
    var answered: (Call, Answer) -> Void = { _, _ in }

    private let loop: EventLoop
    private let redis: RedisClient
    private let calls: RoomCalls
    private var offered: [(room: RoomID, lane: SendLane)] = []

    /// What one call holds: nobody else's command is to wait for long.
    ///
    /// A lane brings no more than this at a time, and its first message in any case.
    private static let mostMessages = 32
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
        if offered.isEmpty { loop.beforeSending { [weak self] in self?.send() } }
        offered.append((room, lane))
    }

    private func send() {
        let lanes = offered
        offered = []
        var rooms: [RoomID: [Call]] = [:]
        for (room, lane) in lanes {
            lane.isOffered = false
            advance(lane)
            let ready = lane.takeReady(most: Self.mostMessages, bytes: Self.mostBytes) { prepare($0) }
            guard !ready.isEmpty else { continue }
            let together = rooms[room, default: []]
            if Self.isTooMuch(together + ready), !together.isEmpty {
                call(together, into: room)
                rooms[room] = ready
            } else {
                rooms[room] = together + ready
            }
        }
        for (room, together) in rooms { call(together, into: room) }
    }

    private static func isTooMuch(_ calls: [Call]) -> Bool {
        calls.count > mostMessages || calls.reduce(0) { $0 + $1.attempt.message.byteCount } > mostBytes
    }

    /// Lets go of all at the head of a lane that only waited to be there.
    private func advance(_ lane: SendLane) {
        while let head = lane.head {
            switch head.step {
            case .held:
                head.step = .working
                goOn(head)
            case .answered: head.tell()
            case .working, .ready, .calling, .gone: return
            }
        }
    }

    private func call(_ together: [Call], into room: RoomID) {
        guard let run = redis.runID else { return fail(together, .unavailable) }
        redis.function(
            RoomFunctions.accept, keys: calls.keys(room),
            arguments: calls.accept(together.map(\.attempt), into: room, run: run)
        ) { [self] result in
            switch result {
            case .failure(let error): fail(together, error)
            case .success(let replies):
                for (index, call) in together.enumerated() { answered(call, .success(replies[index])) }
            }
        }
    }

    private func fail(_ together: [Call], _ error: RedisError) {
        for call in together { answered(call, .failure(error)) }
    }
}
