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
    /// What became of each of several rooms.
    typealias Outcomes = [RoomID: Result<Void, any Error>]

    private let rooms: PostgresRooms
    private let redis: RedisClient

    init(rooms: PostgresRooms, redis: RedisClient) {
        self.rooms = rooms
        self.redis = redis
    }

    /// Writes a room whole; throws `roomDenied` where there is none.
    func load(_ room: RoomID) async throws {
        try await load([room])[room]?.get()
    }

    /// Writes rooms whole; of one that is none, or that Redis does not take, that is the outcome.
    ///
    /// A change that is committed between reading and writing may have been told to a room not yet loaded, and be lost.
    /// It was committed before the writing was done, so Redis has to be as new as PostgreSQL was right after that:
    /// at once, or after writing once more, however many enter meanwhile. What is committed later finds the room
    /// written, and is told to it. As long as this is not certain, nothing is vouched for.
    ///
    /// - Parameter patience: how many milliseconds a room that somebody has locked is waited for; nil: as long as for
    ///   anything else.
    func load(_ asked: [RoomID], patience: Int? = nil) async throws -> Outcomes {
        var outcomes: Outcomes = [:]
        var left = Set(asked)
        do {
            // Again only where Redis has lost a room in between.
            for _ in 0..<5 where !left.isEmpty { try await loadOnce(&left, &outcomes, patience) }
        } catch {
            for room in left { await unload(room) }
            throw error
        }
        for room in left {
            await unload(room)
            outcomes[room] = .failure(ErrorCode.overloaded)
        }
        return outcomes
    }

    /// Takes out of `left` what has come to an end.
    private func loadOnce(
        _ left: inout Set<RoomID>, _ outcomes: inout Outcomes, _ patience: Int?
    ) async throws {
        settle(try await write(left, patience), &left, &outcomes)
        let versions = try await rooms.versions(of: left)
        for room in left where versions[room] == nil {
            await unload(room)
            settle([room: .failure(ErrorCode.roomDenied)], &left, &outcomes)
        }
        for isLastLook in [false, true] where !left.isEmpty {
            settle(try await vouch(for: left, at: versions), &left, &outcomes)
            if !isLastLook { settle(try await write(left, patience), &left, &outcomes) }
        }
    }

    private func settle(_ settled: Outcomes, _ left: inout Set<RoomID>, _ outcomes: inout Outcomes) {
        left.subtract(settled.keys)
        outcomes.merge(settled) { _, new in new }
    }

    /// Vouches for those that Redis has as of these versions, or newer, and returns them.
    private func vouch(for asked: Set<RoomID>, at versions: [RoomID: Int64]) async throws -> Outcomes {
        let (run, asked) = (try run(), asked.filter { versions[$0] != nil }.sorted { $0.text < $1.text })
        let answers = await redis.each(asked.count) { number, done in
            redis.function(
                MembershipFunctions.roomVouch, keys: [.text(Keys.room(asked[number]))],
                arguments: [.text(run), .int(versions[asked[number]] ?? .max)], done)
        }
        var vouched: Outcomes = [:]
        for (room, answer) in zip(asked, answers) {
            switch answer {
            case .failure(let error): vouched[room] = try failure(error)
            case .success(let reply): if reply.int == 1 { vouched[room] = .success(()) }
            }
        }
        return vouched
    }

    /// Writes rooms as they stand in PostgreSQL, and returns those that cannot be written.
    private func write(_ asked: Set<RoomID>, _ patience: Int?) async throws -> Outcomes {
        if let states = try await rooms.states(of: asked, mostMembers: Self.mostMembers) {
            return try await write(asked, states, patience)
        }
        var failed: Outcomes = [:]
        for room in asked {
            let state = try await rooms.states(of: [room], mostMembers: nil)
            failed.merge(try await write([room], state ?? [:], patience)) { _, new in new }
        }
        return failed
    }

    /// How many members are written together: those of a large room are, but of no other besides.
    private static let mostMembers = 10_000

    private func write(
        _ asked: Set<RoomID>, _ states: [RoomID: RoomState], _ patience: Int?
    ) async throws -> Outcomes {
        let run = try run()
        // Marked before it is done, and never taken back: a room that was begun twice at 1 would give a seq twice;
        // one that is not begun at 1 loses nothing.
        let new = states.filter { !$0.value.isOpened }.map(\.key)
        let first = try await rooms.markOpened(new, patience: patience)
        var failed: Outcomes = [:]
        for room in asked where states[room] == nil { failed[room] = .failure(ErrorCode.roomDenied) }
        let known = Array(states)
        let answers = await redis.each(known.count) { number, done in
            let (room, state) = known[number]
            redis.function(
                MembershipFunctions.roomLoad, keys: keys(room),
                arguments: arguments(state, run: run, isFirst: first.contains(room)), done)
        }
        for (each, answer) in zip(known, answers) {
            if case .failure(let error) = answer { failed[each.key] = try failure(error) }
        }
        return failed
    }

    private func arguments(_ state: RoomState, run: RunID, isFirst: Bool) -> [RedisArgument] {
        var arguments: [RedisArgument] = [
            .text(run), .int(state.version), .text(state.visibility.rawValue), .text(state.policy),
            isFirst ? "1" : "0",
        ]
        for member in state.members {
            arguments.append(.text(member.user))
            arguments.append(.text(member.role))
        }
        return arguments
    }

    /// Of a key that is of another type others need not hear; what is wrong with Redis itself concerns all.
    private func failure(_ error: RedisError) throws -> Result<Void, any Error> {
        guard error.code == "WRONGTYPE" else { throw error }
        return .failure(error)
    }

    // MARK: Changes

    /// Writes changes; the whole room where a change before them is missing there.
    func apply(_ changes: [ControlEvent.MemberChange]) async throws {
        let stretches = MemberStretch.all(of: changes)
        var arguments: [RedisArgument] = [.text(try run())]
        for stretch in stretches {
            arguments += [.int(stretch.first), .int(Int64(stretch.members.count))]
            for member in stretch.members {
                arguments += [.text(member.user.text), .text(member.role ?? "")]
            }
        }
        let reply = try await redis.function(
            MembershipFunctions.membersSet, keys: stretches.flatMap { keys($0.room) }, arguments: arguments)
        // What keeps a room from being written, where it is none of its own keys, meets the loading too.
        let behind = stretches.indices.filter { ![0, 1].contains(reply[$0].int) }.map { stretches[$0].room }
        guard !behind.isEmpty else { return }
        for (room, outcome) in try await load(behind) {
            if case .failure = outcome { await unload(room) }
        }
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
