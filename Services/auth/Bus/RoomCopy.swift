import Bus
import MembershipFunctions
import Postgres
import Redis
import Schema

/// The copy of rooms and members that Redis holds for the gateways.
///
/// A room is written whole when somebody asks for it, and kept by single changes from then on. A new run of
/// Redis vouches for nothing until asked again.
final class RoomCopy {
    private let rooms: PostgresRooms
    private let redis: RedisClient

    init(rooms: PostgresRooms, redis: RedisClient) {
        self.rooms = rooms
        self.redis = redis
    }

    /// Writes a room whole; throws `roomDenied` where there is none.
    ///
    /// A change that is committed between reading and writing may have been told to a room not yet loaded, and be lost.
    /// It was committed before the writing was done, so Redis has to be as new as PostgreSQL was right after that:
    /// at once, or after writing once more, however many enter meanwhile. What is committed later finds the room
    /// loaded, and is told to it. As long as this is not certain, nothing is vouched for.
    func load(_ room: RoomID) async throws {
        // Again only where Redis has lost the room in between.
        for _ in 0..<5 {
            try await write(room)
            do {
                guard let version = try await rooms.version(of: room) else { throw ErrorCode.roomDenied }
                if try await isLoaded(room, at: version) { return }
                try await write(room)
                if try await isLoaded(room, at: version) { return }
            } catch {
                await unload(room)
                throw error
            }
        }
        await unload(room)
        throw ErrorCode.overloaded
    }

    /// Writes one change; the whole room where a change before it is missing there.
    func apply(_ change: ControlEvent.MemberChange) async throws {
        let reply = try await redis.function(
            MembershipFunctions.memberSet, keys: keys(change.room),
            arguments: [
                .text(try run()), .int(change.mv), .text(change.user.text), .text(change.role ?? ""),
            ])
        guard reply.int == -1 else { return }
        do { try await load(change.room) } catch ErrorCode.roomDenied { await unload(change.room) }
    }

    /// Whether Redis has the room as of this version, or newer.
    private func isLoaded(_ room: RoomID, at version: Int64) async throws -> Bool {
        let fields = try await redis.call("HMGET", .text(Keys.room(room)), "loaded", "mv")
        guard fields[0].text == (try run()), let known = fields[1].text.flatMap({ Int64($0) }) else {
            return false
        }
        return known >= version
    }

    private func write(_ room: RoomID) async throws {
        let run = try run()
        guard let state = try await rooms.state(of: room) else { throw ErrorCode.roomDenied }
        // Marked before it is done, and never taken back: a room that was begun twice at 1 would give a seq twice;
        // one that is not begun at 1 loses nothing.
        let isFirst = state.isOpened ? false : try await rooms.markOpened(room)
        var arguments: [RedisArgument] = [
            .text(run), .int(state.version), .text(state.visibility.rawValue), .text(state.policy),
            isFirst ? "1" : "0",
        ]
        for member in state.members {
            arguments.append(.text(member.user))
            arguments.append(.text(member.role))
        }
        _ = try await redis.function(MembershipFunctions.roomLoad, keys: keys(room), arguments: arguments)
    }

    private func unload(_ room: RoomID) async {
        _ = try? await redis.function(MembershipFunctions.roomUnload, keys: keys(room), arguments: [])
    }

    private func keys(_ room: RoomID) -> [RedisArgument] {
        [.text(Keys.room(room)), .text(Keys.members(room))]
    }

    private func run() throws(RedisError) -> RunID {
        guard redis.isConnected, let run = redis.runID else { throw .unavailable }
        return run
    }
}
