import Postgres
import Schema
import Support
import Testing

@testable import ChatAuth

extension ServiceTests {
    /// The list of the public rooms and one's own.
    @Suite struct RoomListTests {
        /// One line for each room, in their order.
        private static let oracle = """
            SELECT r.id || ' ' || coalesce(m.role, '-') || ' '
                || (SELECT count(*) FROM auth.members c WHERE c.room = r.id) AS line
            FROM auth.rooms r LEFT JOIN auth.members m ON m.room = r.id AND m.handle = $1
            WHERE (r.visibility = 'public' OR m.role IS NOT NULL) AND r.id > $2
                AND ($3::text[] IS NULL OR r.id = ANY($3))
            ORDER BY r.id LIMIT $4
            """

        /// Public and private ones by turns, of which alice is in some, and everybody's direct ones.
        private func fill(_ auth: Auth) async throws {
            for statement in [
                """
                INSERT INTO auth.rooms (id, name, visibility)
                SELECT 'r-' || lpad(n::text, 5, '0'), 'R',
                    CASE WHEN n % 3 = 0 THEN 'public' ELSE 'private' END FROM generate_series(1, 60) AS n
                """,
                """
                INSERT INTO auth.rooms (id, name, visibility)
                SELECT 'dm:u' || n || '_v', 'D', 'direct' FROM generate_series(1, 20000) AS n
                """,
                """
                INSERT INTO auth.members (room, handle, role)
                SELECT id, 'bob', 'owner' FROM auth.rooms
                """,
                """
                INSERT INTO auth.members (room, handle, role)
                SELECT id, 'alice', 'member' FROM auth.rooms
                WHERE id ~ '[05]$' AND id LIKE 'r-%' OR id LIKE 'dm:u77%'
                """, "ANALYZE auth.rooms", "ANALYZE auth.members",
            ] { try await auth.sql(statement) }
        }

        @Test func aPageIsThatOfAllRoomsTogetherAndWalksThroughNone() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                _ = try await auth.register("bob")
                try await fill(auth)
                let alice = try #require(UserHandle("alice"))
                let (pages, plan) = try await auth.probing { postgres, _, _ in
                    let rooms = PostgresRooms(postgres: postgres)
                    var pages: [[[String]]] = []
                    let all: [String]? = nil
                    for (cursor, only, limit) in [
                        ("", all, 7), ("dm:u775", all, 30), ("r-00007", all, 5), ("r-00050", all, 200),
                        ("", ["r-00003", "r-00005", "r-00007", "dm:u770_v", "none"], 3), ("z", all, 5),
                    ] {
                        let found = try await rooms.list(for: alice, only: only, after: cursor, limit: limit)
                        let expected = try await postgres.query(
                            Self.oracle,
                            [
                                .text("alice"), .text(cursor), only.map { .textArray($0) } ?? .null,
                                .int(Int64(limit)),
                            ])
                        pages.append([
                            found.map { "\($0.id) \($0.role?.rawValue ?? "-") \($0.members)" },
                            try expected.map { try $0["line"].text },
                        ])
                    }
                    let plan = try await postgres.query(
                        "EXPLAIN (COSTS OFF) " + PostgresRooms.wholeList,
                        [.text("alice"), .text("dm:"), .null, .int(50)])
                    return (pages, try plan.map { try $0["QUERY PLAN"].text }.joined(separator: "\n"))
                }
                for page in pages { #expect(page[0] == page[1]) }
                #expect(pages.dropLast().allSatisfy { !$0[0].isEmpty })
                #expect(!plan.contains("Seq Scan"), "\(plan)")
                #expect(plan.contains("rooms_public") && plan.contains("members_handle"), "\(plan)")
                // All rooms' index finds one at a time.
                #expect(plan.split(separator: "rooms_pkey").count == 2, "\(plan)")
                #expect(plan.contains("Index Cond: (id = rooms.id)"), "\(plan)")
            }
        }
    }
}
