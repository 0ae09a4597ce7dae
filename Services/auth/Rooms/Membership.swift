import Bus
import Postgres
import Schema

/// Changes who is in a room: decided and written in one transaction.
///
/// It returns when all have been told, or after 2 s: then they will be.
final class Membership {
    private let postgres: PostgresClient
    private let publisher: Publisher

    init(postgres: PostgresClient, publisher: Publisher) {
        self.postgres = postgres
        self.publisher = publisher
    }

    /// Gives somebody a role, or throws the code of why not.
    func put(_ role: RoomRole, to user: UserHandle, in room: RoomID, by actor: UserHandle) async throws {
        try await change(room, user, by: actor) { rules in (rules.put(role), role) }
    }

    /// Ends somebody's membership, or throws the code of why not.
    func remove(_ user: UserHandle, from room: RoomID, by actor: UserHandle) async throws {
        try await change(room, user, by: actor) { rules in (rules.delete(), nil) }
    }

    private typealias Choice = (MembershipRules.Decision, RoomRole?)

    private func change(
        _ room: RoomID, _ user: UserHandle, by actor: UserHandle, _ choose: (MembershipRules) -> Choice
    ) async throws {
        let outboxID: Int64?
        do {
            outboxID = try await postgres.transaction { transaction in
                guard let rules = try await Self.rules(transaction, room, user, by: actor) else {
                    throw ErrorCode.roomNotFound
                }
                let (decision, role) = choose(rules)
                switch decision {
                case .refuse(let code): throw code
                case .unchanged: return nil
                case .allow: break
                }
                let reason: Left.Reason? = role == nil && user != actor ? .removed : nil
                return try await Self.write(transaction, room, user, role, reason)
            }
        } catch let error as PostgresError where error.isForeignKeyViolation {
            throw ErrorCode.userNotFound
        }
        if let outboxID { await publisher.published(outboxID) }
    }

    /// What the decision needs; the room's row stays locked, so changes of one room come one after another.
    private static func rules(
        _ transaction: PostgresTransaction, _ room: RoomID, _ user: UserHandle, by actor: UserHandle
    ) async throws(PostgresError) -> MembershipRules? {
        let rooms = try await transaction.query(
            "SELECT visibility FROM auth.rooms WHERE id = $1 FOR UPDATE", [.text(room.text)])
        guard let found = rooms.first else { return nil }
        let row = try await transaction.query(
            """
            WITH two AS (
                SELECT (SELECT role FROM auth.members WHERE room = $1 AND handle = $2) AS actor,
                    (SELECT role FROM auth.members WHERE room = $1 AND handle = $3) AS target)
            SELECT actor, target, CASE WHEN target = 'owner' THEN (
                SELECT count(*) FROM (
                    SELECT FROM auth.members WHERE room = $1 AND role = 'owner' LIMIT 2) AS owner)
                ELSE 0 END AS owners
            FROM two
            """, [.text(room.text), .text(actor.text), .text(user.text)])[0]
        return MembershipRules(
            visibility: try found["visibility"].visibility, actor: try row["actor"].present?.role,
            isSelf: user == actor, target: try row["target"].present?.role,
            owners: Int(clamping: try row["owners"].int))
    }

    private static func write(
        _ transaction: PostgresTransaction, _ room: RoomID, _ user: UserHandle, _ role: RoomRole?,
        _ reason: Left.Reason?
    ) async throws(PostgresError) -> Int64? {
        let (sql, values): PostgresStatement =
            if let role {
                (
                    """
                    INSERT INTO auth.members (room, handle, role) VALUES ($1, $2, $3)
                    ON CONFLICT (room, handle) DO UPDATE SET role = $3
                    """, [.text(room.text), .text(user.text), .text(role.rawValue)]
                )
            } else {
                (
                    "DELETE FROM auth.members WHERE room = $1 AND handle = $2",
                    [.text(room.text), .text(user.text)]
                )
            }
        try await transaction.query(sql, values)
        let mv = try await transaction.query(
            "UPDATE auth.rooms SET mv = mv + 1 WHERE id = $1 RETURNING mv", [.text(room.text)])[0]["mv"].int
        let change = ControlEvent.MemberChange(
            room: room, user: user, role: role?.rawValue, mv: mv, reason: reason)
        let (enqueue, parameters) = Publisher.enqueue([.members([change])])
        return try await transaction.query(enqueue, parameters).first?["outbox_id"].int
    }
}
