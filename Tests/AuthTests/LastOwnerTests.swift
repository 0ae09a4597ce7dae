import Schema
import Support
import Testing

@testable import ChatAuth

extension ServiceTests {
    /// A room keeps an owner: as PostgreSQL counts them.
    @Suite struct LastOwnerTests {
        @Test func ownersMayGoUntilOneIsLeft() async throws {
            try await withAuth { auth in
                var tokens: [String: String] = [:]
                for name in ["alice", "bob", "carol", "dave"] {
                    tokens[name] = try await auth.register(name).access
                }
                _ = try await auth.call(
                    "POST", "/rooms", ["id": "team", "name": "Team", "visibility": "private"],
                    token: tokens["alice"])
                func put(_ role: String, to name: String, by actor: String) async throws -> HTTPAnswer {
                    try await auth.call(
                        "PUT", "/rooms/team/members/\(name)", ["role": .string(role)], token: tokens[actor])
                }
                func leave(_ name: String) async throws -> HTTPAnswer {
                    try await auth.call("DELETE", "/rooms/team/members/\(name)", token: tokens[name])
                }
                for (name, role) in [("bob", "owner"), ("carol", "owner"), ("dave", "member")] {
                    #expect(try await put(role, to: name, by: "alice").status == 204)
                }
                #expect(try await leave("alice").status == 204)
                #expect(try await put("member", to: "bob", by: "bob").status == 204)
                #expect(try await leave("carol").code == "last_owner")
                #expect(try await put("member", to: "carol", by: "carol").code == "last_owner")
                #expect(try await leave("dave").status == 204)
            }
        }
    }
}
