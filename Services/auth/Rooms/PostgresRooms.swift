import Postgres
import Schema

/// Rooms and members in PostgreSQL.
final class PostgresRooms {
    private let postgres: PostgresClient

    init(postgres: PostgresClient) { self.postgres = postgres }

    // MARK: For people

    /// Makes a room with its first owner, who sees it so; nil where the id is taken.
    func insert(
        _ room: RoomID, name: String, visibility: Visibility, owner: UserHandle
    ) async throws(PostgresError) -> RoomView? {
        let rows = try await postgres.query(
            """
            WITH room AS (
                INSERT INTO auth.rooms (id, name, visibility) VALUES ($1, $2, $3)
                ON CONFLICT (id) DO NOTHING RETURNING id, created_at)
            INSERT INTO auth.members (room, handle, role) SELECT id, $4, 'owner' FROM room
            RETURNING (SELECT created_at FROM room) AS created_at
            """,
            [.text(room.text), .text(name), .text(visibility.rawValue), .text(owner.text)])
        return try rows.first.map { row throws(PostgresError) in
            RoomView(
                id: room.text, name: name, visibility: visibility,
                created: try row["created_at"].milliseconds, members: 1, role: .owner)
        }
    }

    /// The room as this user sees it, or nil where they do not.
    func find(_ room: RoomID, for user: UserHandle) async throws(PostgresError) -> RoomView? {
        let rows = try await postgres.query(
            "\(Self.view) WHERE r.id = $2 AND (r.visibility = 'public' OR m.role IS NOT NULL)",
            [.text(user.text), .text(room.text)])
        return try rows.first.map(RoomView.init(row:))
    }

    /// The rooms that are public or the user's own, in order of their ids, after `cursor`; of those that
    /// `only` names, where it does.
    ///
    /// - Parameter mine: only those in which the user has a role.
    func list(for user: UserHandle, mine: Bool = false, only: [String]?, after cursor: String, limit: Int)
        async throws(PostgresError)
        -> [RoomView]
    {
        let rows = try await postgres.query(
            mine ? Self.ownList : Self.wholeList,
            [.text(user.text), .text(cursor), only.map { .textArray($0) } ?? .null, .int(Int64(limit))])
        var list: [RoomView] = []
        for row in rows { list.append(try RoomView(row: row)) }
        return list
    }

    /// The members in order of their handles, after `cursor`.
    func members(of room: RoomID, after cursor: String, limit: Int) async throws(PostgresError)
        -> [MemberView]
    {
        let rows = try await postgres.query(
            """
            SELECT m.handle, a.name, m.role FROM auth.members m JOIN auth.accounts a ON a.handle = m.handle
            WHERE m.room = $1 AND m.handle > $2 ORDER BY m.handle LIMIT $3
            """, [.text(room.text), .text(cursor), .int(Int64(limit))])
        var list: [MemberView] = []
        for row in rows {
            list.append(
                MemberView(
                    user: try row["handle"].text, name: try row["name"].text, role: try row["role"].role))
        }
        return list
    }

    /// Whether this user sees the room.
    func isSeen(_ room: RoomID, by user: UserHandle) async throws(PostgresError) -> Bool {
        let rows = try await postgres.query(
            """
            SELECT 1 FROM auth.rooms r WHERE r.id = $2 AND (r.visibility = 'public'
                OR EXISTS (SELECT FROM auth.members m WHERE m.room = r.id AND m.handle = $1))
            """, [.text(user.text), .text(room.text)])
        return !rows.isEmpty
    }

    /// The cursor stands at the members' side, so that the index of the user's memberships is entered there.
    private static let ownList = """
        \(view) WHERE m.room > $2 AND ($3::text[] IS NULL OR r.id = ANY($3)) ORDER BY r.id LIMIT $4
        """

    /// A page of the public ones and a page of the own, each by its index, hold the page of both: all rooms together, the
    /// direct ones of everybody among them, are not to be walked through.
    static let wholeList = """
        WITH seen AS (
            (SELECT id FROM auth.rooms
            WHERE visibility = 'public' AND id > $2 AND ($3::text[] IS NULL OR id = ANY($3))
            ORDER BY id LIMIT $4)
            UNION
            (SELECT room FROM auth.members
            WHERE handle = $1 AND room > $2 AND ($3::text[] IS NULL OR room = ANY($3))
            ORDER BY room LIMIT $4)
            ORDER BY id LIMIT $4)
        SELECT r.id, r.name, r.visibility, r.created_at,
            (SELECT role FROM auth.members m WHERE m.room = r.id AND m.handle = $1) AS role,
            (SELECT count(*) FROM auth.members c WHERE c.room = r.id) AS members
        FROM seen JOIN LATERAL (SELECT * FROM auth.rooms WHERE id = seen.id LIMIT 1) r ON true
        ORDER BY r.id
        """

    private static let view = """
        SELECT r.id, r.name, r.visibility, r.created_at, m.role,
            (SELECT count(*) FROM auth.members c WHERE c.room = r.id) AS members
        FROM auth.rooms r LEFT JOIN auth.members m ON m.room = r.id AND m.handle = $1
        """

    // MARK: For other services

    /// Makes a direct room where both of its people have accounts; throws `userNotFound` otherwise.
    func makeDirect(_ room: RoomID) async throws {
        guard let (one, other) = room.directMembers else { throw ErrorCode.roomDenied }
        guard try await !isMade(room) else { return }
        do throws(PostgresError) {
            try await postgres.pipeline([
                (
                    """
                    INSERT INTO auth.rooms (id, name, visibility) VALUES ($1, $2, 'direct')
                    ON CONFLICT (id) DO NOTHING
                    """, [.text(room.text), .text("\(one), \(other)")]
                ),
                (
                    """
                    INSERT INTO auth.members (room, handle, role) SELECT $1, unnest($2::text[]), 'member'
                    ON CONFLICT (room, handle) DO NOTHING
                    """, [.text(room.text), .textArray(Array(Set([one.text, other.text])))]
                ),
            ])
        } catch {
            throw error.isForeignKeyViolation ? ErrorCode.userNotFound : error
        }
    }

    /// Whether a direct room has been made; throws `userNotFound` where it cannot be.
    func isMade(_ room: RoomID) async throws -> Bool {
        guard let (one, other) = room.directMembers else { throw ErrorCode.roomDenied }
        let rows = try await postgres.query(
            """
            SELECT EXISTS (SELECT FROM auth.rooms WHERE id = $1) AS made,
                (SELECT count(*) FROM auth.accounts WHERE handle = ANY($2)) AS people
            """, [.text(room.text), .textArray([one.text, other.text])])
        guard let row = rows.first else { return false }
        if try row["made"].bool { return true }
        guard try row["people"].int == Int64(Set([one, other]).count) else { throw ErrorCode.userNotFound }
        return false
    }

    /// The versions of the member lists; of a room that is none there is none.
    func versions(of rooms: some Collection<RoomID>) async throws(PostgresError) -> [RoomID: Int64] {
        guard !rooms.isEmpty else { return [:] }
        let rows = try await postgres.query(
            "SELECT id, mv FROM auth.rooms WHERE id = ANY($1)", [.textArray(rooms.map(\.text))])
        var versions: [RoomID: Int64] = [:]
        for row in rows { if let id = RoomID(try row["id"].text) { versions[id] = try row["mv"].int } }
        return versions
    }

    /// Rooms whole, all of one moment, without those that are none; nil where they have more members than that.
    func states(
        of rooms: some Collection<RoomID>, mostMembers: Int?
    ) async throws(PostgresError) -> [RoomID: RoomState]? {
        guard !rooms.isEmpty else { return [:] }
        let most = mostMembers.map { $0 + rooms.count }
        let rows = try await postgres.query(
            """
            SELECT r.id, r.mv, r.visibility, r.policy, r.opened, m.handle, m.role
            FROM auth.rooms r LEFT JOIN auth.members m ON m.room = r.id WHERE r.id = ANY($1) LIMIT $2
            """, [.textArray(rooms.map(\.text)), most.map { .int(Int64($0) + 1) } ?? .null])
        if let most, rows.count > most { return nil }
        var states: [RoomID: RoomState] = [:]
        for row in rows {
            guard let id = RoomID(try row["id"].text) else { continue }
            if states[id] == nil { states[id] = try RoomState(row: row) }
            guard let user = try row["handle"].present?.text else { continue }
            states[id]?.members.append((user: user, role: try row["role"].text))
        }
        return states
    }

    /// Lets the transaction it stands in wait so many milliseconds for a lock.
    static func patience(_ milliseconds: Int) -> PostgresStatement {
        ("SELECT set_config('lock_timeout', $1, true)", [.text(String(milliseconds))])
    }

    /// Notes that the rooms' logs are begun; returns those of which the caller is the first to say so.
    ///
    /// - Parameter patience: how many milliseconds a room that somebody has locked is waited for; nil: as long as for
    ///   anything else.
    func markOpened(_ rooms: [RoomID], patience: Int?) async throws(PostgresError) -> Set<RoomID> {
        guard !rooms.isEmpty else { return [] }
        let marking: PostgresStatement = (
            """
            UPDATE auth.rooms SET opened = true WHERE id IN (
                SELECT id FROM auth.rooms WHERE id = ANY($1) AND NOT opened ORDER BY id FOR UPDATE)
            RETURNING id
            """, [.textArray(rooms.map(\.text))]
        )
        let results = try await postgres.pipeline((patience.map { [Self.patience($0)] } ?? []) + [marking])
        var first: Set<RoomID> = []
        for row in results[results.count - 1] {
            if let id = RoomID(try row["id"].text) { first.insert(id) }
        }
        return first
    }

    /// Those of `others` who share a room with the user.
    func sharing(with user: UserHandle, among others: [String]) async throws(PostgresError) -> [String] {
        let rows = try await postgres.query(
            """
            SELECT DISTINCT o.handle FROM auth.members o JOIN auth.members m ON m.room = o.room
            WHERE m.handle = $1 AND o.handle = ANY($2)
            """, [.text(user.text), .textArray(others)])
        var users: [String] = []
        for row in rows { users.append(try row["handle"].text) }
        return users
    }
}

extension RoomView {
    init(row: PostgresRow) throws(PostgresError) {
        self.init(
            id: try row["id"].text, name: try row["name"].text, visibility: try row["visibility"].visibility,
            created: try row["created_at"].milliseconds, members: try row["members"].int,
            role: try row["role"].present?.role)
    }
}

extension RoomState {
    /// Reads what each row of a room says; its members are still to come.
    fileprivate init(row: PostgresRow) throws(PostgresError) {
        self.init(
            version: try row["mv"].int, visibility: try row["visibility"].visibility,
            policy: try row["policy"].text, isOpened: try row["opened"].bool, members: [])
    }
}

extension PostgresCell {
    var role: RoomRole {
        get throws(PostgresError) {
            guard let role = RoomRole(rawValue: try text) else { throw .decoding(column: "role") }
            return role
        }
    }

    var visibility: Visibility {
        get throws(PostgresError) {
            guard let visibility = Visibility(rawValue: try text) else {
                throw .decoding(column: "visibility")
            }
            return visibility
        }
    }
}
