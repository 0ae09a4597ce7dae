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
    func load(_ room: RoomID) async throws {
        // A change that is committed between reading and writing was told to a room not yet loaded, and lost:
        // so look again after writing, and as long as it is not certain, vouch for nothing.
        for _ in 0..<5 {
            let version = try await write(room)
            do {
                if try await rooms.version(of: room) == version { return }
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

    private func write(_ room: RoomID) async throws -> Int64 {
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
        return state.version
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
