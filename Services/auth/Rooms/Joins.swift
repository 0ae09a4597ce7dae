import Bus
import Engine
import Postgres
import Schema

/// Makes people members of open rooms at their first join: many in one transaction, told by one event.
///
/// Who comes back after everything was away comes with everybody else.
final class Joins {
    /// What became of a join.
    enum Outcome: Equatable {
        /// A member before, in this role.
        case member(RoomRole)
        /// A member now; Redis has been told, and has the version `mv` of the list.
        case joined(mv: Int64)
    }

    private let postgres: PostgresClient
    private let publisher: Publisher
    private let commits: GroupCommit<JoinBatch.Request, (outcome: JoinBatch.Outcome, outboxID: Int64?)>

    init(
        loop: EventLoop, postgres: PostgresClient, publisher: Publisher,
        patience: GroupPatience = GroupPatience()
    ) {
        self.postgres = postgres
        self.publisher = publisher
        commits = GroupCommit(loop: loop) { requests, isAlone in
            let milliseconds = patience.milliseconds(isAlone: isAlone)
            return try await postgres.transaction {
                try await Self.write(requests, patience: milliseconds, in: $0)
            }
        }
    }

    /// Makes somebody a member, or throws the code of why not.
    ///
    /// Returns when the gateways can see it: who joined sends next. Asked again, it answers again.
    func join(_ user: UserHandle, _ room: RoomID) async throws -> Outcome {
        let (outcome, outboxID) = try await commits.answer(to: JoinBatch.Request(room: room, user: user))
        switch outcome {
        case .refused(let code): throw code
        case .member(let role): return .member(role)
        case .joined(let mv):
            guard let outboxID, await publisher.published(outboxID) else { throw ErrorCode.busUnavailable }
            return .joined(mv: mv)
        }
    }

    private static func write(
        _ requests: [JoinBatch.Request], patience: Int, in transaction: PostgresTransaction
    ) async throws -> [Result<(outcome: JoinBatch.Outcome, outboxID: Int64?), any Error>] {
        let found = try await transaction.pipeline([
            PostgresRooms.patience(patience), locking(requests), asking(requests),
        ])
        let batch = JoinBatch(
            requests, rooms: try rooms(found[1]), standings: try standings(of: requests, found[2]))
        var outboxID: Int64?
        if !batch.changes.isEmpty {
            let results = try await transaction.commit(after: writing(batch))
            outboxID = try results.last?.first?["outbox_id"].int
        }
        return batch.outcomes.map { .success(($0, outboxID)) }
    }

    /// The rooms' rows stay locked, so changes of one room come one after another; locked in one order by all, so that
    /// nobody waits for one who waits for them.
    private static func locking(_ requests: [JoinBatch.Request]) -> PostgresStatement {
        (
            "SELECT id, visibility, mv FROM auth.rooms WHERE id = ANY($1) ORDER BY id FOR UPDATE",
            [.textArray(Array(Set(requests.map(\.room.text))))]
        )
    }

    private static func rooms(_ rows: PostgresRows) throws(PostgresError) -> [RoomID: JoinBatch.Room] {
        var rooms: [RoomID: JoinBatch.Room] = [:]
        for row in rows {
            guard let id = RoomID(try row["id"].text) else { continue }
            rooms[id] = JoinBatch.Room(visibility: try row["visibility"].visibility, mv: try row["mv"].int)
        }
        return rooms
    }

    /// Asked once the rooms are locked: a statement sees what was committed before it began.
    private static func asking(_ requests: [JoinBatch.Request]) -> PostgresStatement {
        (
            """
            SELECT m.role, a.handle IS NOT NULL AS has_account
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (room, handle, number)
            LEFT JOIN auth.members m ON m.room = asked.room AND m.handle = asked.handle
            LEFT JOIN auth.accounts a ON a.handle = asked.handle
            ORDER BY asked.number
            """, [.textArray(requests.map(\.room.text)), .textArray(requests.map(\.user.text))]
        )
    }

    private static func standings(
        of requests: [JoinBatch.Request], _ rows: PostgresRows
    ) throws(PostgresError) -> [JoinBatch.Request: JoinBatch.Standing] {
        var standings: [JoinBatch.Request: JoinBatch.Standing] = [:]
        for (request, row) in zip(requests, rows) {
            standings[request] = JoinBatch.Standing(
                role: try row["role"].present?.role, hasAccount: try row["has_account"].bool)
        }
        return standings
    }

    private static func writing(_ batch: JoinBatch) -> [PostgresStatement] {
        let changes = batch.changes
        let versions = batch.versions.map { (room: $0.key.text, mv: $0.value) }
        return [
            (
                """
                INSERT INTO auth.members (room, handle, role)
                SELECT room, handle, 'member' FROM unnest($1::text[], $2::text[]) AS joining (room, handle)
                """, [.textArray(changes.map(\.room.text)), .textArray(changes.map(\.user.text))]
            ),
            (
                """
                UPDATE auth.rooms r SET mv = changed.mv
                FROM unnest($1::text[], $2::bigint[]) AS changed (id, mv) WHERE r.id = changed.id
                """, [.textArray(versions.map(\.room)), .intArray(versions.map(\.mv))]
            ),
            Publisher.enqueue([.members(changes)]),
        ]
    }
}
