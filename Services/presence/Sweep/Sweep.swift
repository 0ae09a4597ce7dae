import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import Schema

/// Looks once for gateways that died, and takes back all that they stated.
///
///     gateways ──► lease of each? ──► none, or another life's: dead
///     dead: its rooms, then its users: state zero, chunk by chunk ──► forget the chunk ──► forget the gateway
///
/// Saying zero twice changes nothing, and what is not forgotten is found again: so several instances may sweep at
/// once, and one that dies in the middle is followed by the next.
struct Sweep {
    let redis: RedisClient
    let metrics: PresenceMetrics
    let log: Log

    /// How much is taken back in one write: large enough for a few round trips, small enough to keep nobody waiting.
    private static let chunk = 256

    func run() async throws(RedisError) {
        let known = try await incarnations()
        let leases = try await leases(of: known)
        try await count(known.filter { $0.isAlive(leases) })
        for incarnation in Incarnation.dead(among: known, leases: leases) {
            try await clear(incarnation)
        }
    }

    // MARK: Who is alive

    private func incarnations() async throws(RedisError) -> [Incarnation] {
        let names = try await redis.call("SMEMBERS", .text(Keys.gateways)).array ?? []
        return names.compactMap(\.text).map(Incarnation.init)
    }

    private func leases(of known: [Incarnation]) async throws(RedisError) -> [String: String] {
        let gateways = Array(Set(known.compactMap(\.gateway)))
        let holders = try await redis.together(gateways.count) { number, done in
            redis.call(["GET", .text(Keys.gateway(gateways[number]))], done)
        }
        var leases: [String: String] = [:]
        for (gateway, holder) in zip(gateways, holders) { leases[gateway] = holder.text }
        return leases
    }

    private func count(_ alive: [Incarnation]) async throws(RedisError) {
        let users = try await settled(alive.count) { number, done in
            redis.call(["SCARD", .text(Keys.gatewayUsers(alive[number].text))], done)
        }
        metrics.gateways.set(alive.count)
        metrics.people.set(users.reduce(0) { $0 + (Int(exactly: $1?.int ?? 0) ?? 0) })
    }

    // MARK: What the dead leave behind

    private func clear(_ incarnation: Incarnation) async throws(RedisError) {
        var (rooms, users) = (0, 0)
        while let chunk = try await next(Keys.gatewayRooms(incarnation.text), of: incarnation) {
            try await leave(chunk.compactMap { $0.text.flatMap(OnlineRoom.init) }, incarnation)
            try await forget(chunk, in: Keys.gatewayRooms(incarnation.text))
            rooms += chunk.count
        }
        while let chunk = try await next(Keys.gatewayUsers(incarnation.text), of: incarnation) {
            try await disconnect(chunk.compactMap { $0.text.flatMap(UserHandle.init) }, incarnation)
            try await forget(chunk, in: Keys.gatewayUsers(incarnation.text))
            users += chunk.count
        }
        // Last of all, so that a sweep cut short is taken up again; and not where the gateway has come back.
        guard try await !isAlive(incarnation),
            try await redis.call("SREM", .text(Keys.gateways), .text(incarnation.text)).int == 1
        else { return }
        metrics.sweptIncarnations.add()
        log.info(
            "dead gateway swept",
            ["incarnation": .string(incarnation.text), "users": .int(users), "rooms": .int(rooms)])
    }

    /// Some of what still stands in a set; nil once nothing does, or the gateway has come back.
    private func next(_ set: String, of incarnation: Incarnation) async throws(RedisError) -> [RedisReply]? {
        guard try await !isAlive(incarnation) else { return nil }
        let reply = try await settled(1) { _, done in
            redis.call(["SRANDMEMBER", .text(set), .int(Int64(Sweep.chunk))], done)
        }
        guard let members = reply.first??.array, !members.isEmpty else { return nil }
        return members
    }

    private func isAlive(_ incarnation: Incarnation) async throws(RedisError) -> Bool {
        try await incarnation.isAlive(leases(of: [incarnation]))
    }

    private func forget(_ members: [RedisReply], in set: String) async throws(RedisError) {
        _ = try await redis.call(["SREM", .text(set)] + members.compactMap { $0.bytes.map { .bytes($0) } })
    }

    private func leave(_ places: [OnlineRoom], _ incarnation: Incarnation) async throws(RedisError) {
        let ts = WallClock.milliseconds() &+ redis.clockOffset
        let replies = try await settled(places.count) { number, done in
            let place = places[number]
            redis.function(
                PresenceFunctions.onlineSet,
                keys: [.text(Keys.online(place.room)), .text(Keys.roomChannel(place.room))],
                arguments: [
                    .text(place.user.text), .text(incarnation.text), 0,
                    .bytes(place.envelope(.userJoined, ts: ts)), .bytes(place.envelope(.userLeft, ts: ts)),
                ], done)
        }
        metrics.leftRooms.add(replies.count { $0?[0].text == "last" })
    }

    private func disconnect(_ users: [UserHandle], _ incarnation: Incarnation) async throws(RedisError) {
        let replies = try await settled(users.count) { number, done in
            redis.function(
                PresenceFunctions.deviceSet, keys: [.text(Keys.devices(users[number]))],
                arguments: [.text(incarnation.text), 0, 0], done)
        }
        metrics.wentOffline.add(replies.count { $0?[0].text == "last" })
        // Not only where this was the last device: a sweep that died may have said so and written no copy.
        let gone = zip(users, replies).filter { $1?[1].int == 0 }.map(\.0)
        try await StatusCopies(redis: redis).bringUpToDate(gone)
    }

    // MARK: What is not ours

    /// The answers to calls of one key each; nil where what stands under the key is of another type.
    ///
    /// Nobody but an operator's hand has written that, and it is the same at the next look: who comes after it must not
    /// wait for ever.
    private func settled(
        _ count: Int, _ send: (Int, @escaping RedisClient.Done) -> Void
    ) async throws(RedisError) -> [RedisReply?] {
        var replies: [RedisReply?] = []
        var spoilt = 0
        for result in await redis.each(count, send) {
            switch result {
            case .success(let reply): replies.append(reply)
            case .failure(let error) where error.code == "WRONGTYPE":
                replies.append(nil)
                spoilt += 1
            case .failure(let error): throw error
            }
        }
        if spoilt > 0 { log.warn("keys of presence hold something else", ["keys": .int(spoilt)]) }
        return replies
    }
}
