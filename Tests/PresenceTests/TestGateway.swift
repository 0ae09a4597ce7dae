import PresenceFunctions
import Redis
import Schema
import Support

/// States what a gateway would.
struct TestGateway {
    let incarnation: String
    let redis: RedisClient

    /// Takes a lease in the name of some life of a gateway.
    func lease(_ gateway: String, seconds: Int64 = 15) async throws {
        _ = try await redis.call(
            "SET", .text(Keys.gateway(gateway)), .text(incarnation), "EX", .int(seconds))
    }

    func announce() async throws {
        _ = try await redis.call("SADD", .text(Keys.gateways), .text(incarnation))
    }

    /// Somebody connects, and joins a room.
    func bring(_ user: String, into room: RoomID? = nil) async throws {
        let user = handle(user)
        try await announce()
        _ = try await redis.call("SADD", .text(Keys.gatewayUsers(incarnation)), .text(user.text))
        _ = try await redis.function(
            PresenceFunctions.deviceSet, keys: [.text(Keys.devices(user))],
            arguments: [.text(incarnation), 1, 0])
        _ = try await redis.call(["SET", .text(Keys.presence(user)), #"{"status":"online"}"#])
        guard let room else { return }
        _ = try await redis.call(
            "SADD", .text(Keys.gatewayRooms(incarnation)), .text("\(room) \(user)"))
        _ = try await redis.function(
            PresenceFunctions.onlineSet, keys: [.text(Keys.online(room)), .text(Keys.roomChannel(room))],
            arguments: [.text(user.text), .text(incarnation), 1, "joined", "left"])
    }
}
