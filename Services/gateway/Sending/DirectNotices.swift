import Engine
import Hosting
import Redis
import RoomFunctions
import Schema

/// Tells both users of a direct room of its messages, so that all their devices get them without having joined.
///
/// Belongs to its loop. The sender has been told that a message was accepted and does not come back to say it once more:
/// what Redis has not confirmed is told again until it has.
final class DirectNotices {
    private let loop: EventLoop
    private let redis: RedisClient
    private let metrics: GatewayMetrics
    private var untold = UntoldMessages()
    private var toldAgain: Set<Place> = []
    /// The next try, while nothing is under way.
    private var timer: Timer?
    private var isUnderWay = false

    /// How many all loops have.
    private let bound: WaitingCount

    private static let retryMilliseconds = 500
    private static let mostRetried = 200
    private static let mostToldAgain = 1_000

    private struct Place: Hashable {
        let room: RoomID
        let position: LogPosition
    }

    init(loop: EventLoop, redis: RedisClient, bound: WaitingCount, metrics: GatewayMetrics) {
        self.loop = loop
        self.redis = redis
        self.metrics = metrics
        self.bound = bound
    }

    /// A message has its place; of a room that is not direct nobody is told.
    func tell(_ room: RoomID, _ position: LogPosition) {
        guard let (one, other) = room.directMembers else { return }
        for user in Set([one, other]) {
            let address = UntoldMessages.Address(user: user, room: room)
            tell(address, from: untold.first(of: address, or: position)) { [weak self] isTold in
                if !isTold { self?.retryLater() }
            }
        }
    }

    /// A message was sent again, that another gateway may have taken and not told of before it died.
    ///
    /// Once: resending costs no limit, and must not push out what others are told.
    func tellAgain(_ room: RoomID, _ position: LogPosition) {
        guard room.isDirect else { return }
        if toldAgain.count >= Self.mostToldAgain { toldAgain = [] }
        if toldAgain.insert(Place(room: room, position: position)).inserted { tell(room, position) }
    }

    /// Redis is there, or there again: before others tell of later messages.
    func connected() {
        guard timer != nil else { return }
        timer?.cancel()
        retry()
    }

    private func tell(
        _ address: UntoldMessages.Address, from place: LogPosition, _ done: @escaping (_ isTold: Bool) -> Void
    ) {
        redis.function(
            DirectFunctions.tell,
            keys: [.text(Keys.userChannel(address.user)), .text(Keys.directNotices(address.user))],
            arguments: [.text(address.room.text), .text(place.epoch), .int(place.seq)]
        ) { [weak self] result in
            guard let self else { return }
            switch result {
            case .success:
                if untold.told(address, from: place) { bound.add(-1) }
                done(true)
            case .failure:
                let isKept = untold.failed(address, at: place) { bound.enter() }
                if !isKept { metrics.directUntoldDropped.add() }
                done(false)
            }
        }
    }

    private func retryLater() {
        guard timer == nil, !isUnderWay, untold.count > 0 else { return }
        timer = loop.schedule(afterMilliseconds: Self.retryMilliseconds) { [weak self] in self?.retry() }
    }

    /// Tells some again; the next ones when Redis has answered for all of these.
    private func retry() {
        timer = nil
        let round = untold.some(Self.mostRetried)
        guard !round.isEmpty else { return }
        isUnderWay = true
        var (answers, failures) = (0, 0)
        for (address, place) in round {
            tell(address, from: place) { [weak self] isTold in
                answers += 1
                if !isTold { failures += 1 }
                guard answers == round.count, let self else { return }
                isUnderWay = false
                if failures == 0 { retry() } else { retryLater() }
            }
        }
    }
}
