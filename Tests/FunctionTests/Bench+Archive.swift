import ArchiveFunctions
import Redis
import Schema
import Support

extension Bench {
    /// A dead letter of the room `general`.
    typealias Letter = (seq: Int64, position: String)

    /// Says by `log_stored` that all of `general` up to this seq is settled.
    func stored(
        _ token: String, seq: Int64, isRead: Bool = true, bytes: Int64 = 0,
        keep: Int64 = 1_000,
        dead: [Letter] = [], strays: [String] = []
    ) async throws -> RedisReply {
        let partition = RoomID.general.partition
        let keys = [
            Keys.logLease(partition), Keys.unstored(partition), Keys.unstoredBytes(partition),
            Keys.storedChannel(partition), Keys.logDead(partition),
        ]
        var arguments: [RedisArgument] = [
            .text(token), .int(bytes), .int(keep), "1", .int(Int64(dead.count)), "general",
            isRead ? "e1" : "", .int(seq), isRead ? "77" : "",
        ]
        for letter in dead {
            arguments += ["1", .int(letter.seq), "refused", "23514", .text(letter.position)]
        }
        arguments += strays.map { .text($0) }
        return try await redis.function(
            ArchiveFunctions.stored, keys: keys.map { .text($0) }, arguments: arguments)
    }

    /// Looks by `log_sweep` at rooms that were not looked at for so long; answers at how many.
    @discardableResult
    func sweep(_ token: String = "one", seconds: Int64 = 0, most: Int64 = 10) async throws -> RedisReply {
        let partition = RoomID.general.partition
        let keys = [Keys.logLease(partition), Keys.unstored(partition), Keys.logs(partition)]
        return try await redis.function(
            ArchiveFunctions.sweep, keys: keys.map { .text($0) },
            arguments: [.text(token), .int(seconds), .int(most)])
    }

    /// Whether `general` has a log.
    func hasLog() async throws -> Bool { try await call("EXISTS", Keys.recent(.general)).int == 1 }

    /// Accepts so many messages of `general`.
    func fill(_ count: Int) async throws {
        for number in 1...count { _ = try await accept("\(number)")(redis) }
    }

    /// Since when `general` stands among the rooms to be stored; nil where it does not.
    func waitingSince() async throws -> Int64? {
        try await call("ZSCORE", Keys.unstored(RoomID.general.partition), "general").int
    }
}

extension RedisReply {
    /// What `log_stored` answers: how many rooms are left, and of how many messages are gone.
    static func stored(left: Int64, gone: Int64 = 0) -> RedisReply {
        .array([.bulk(Array("ok".utf8)), .integer(left), .integer(gone)])
    }
}
