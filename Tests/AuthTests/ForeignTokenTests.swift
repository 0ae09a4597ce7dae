import Bus
import Engine
import Postgres
import Schema
import Support
import Testing
import Tokens

@testable import ChatAuth

extension ServiceTests {
    /// Tokens that another system has signed with the shared secret, and what ends them.
    @Suite struct ForeignTokenTests {
        private static let secret = String(repeating: "s", count: 32)
        private static let settings = ["JWT_ALGORITHM": "HS256", "JWT_SECRET": secret]

        private var now: Int { Int(WallClock.milliseconds() / 1000) }

        private func token(issued: Int?, session: String? = nil) throws -> String {
            try TokenSigner(hs256Secret: Array(Self.secret.utf8)).sign(
                TokenClaims(
                    iss: "parley", aud: ["parley"], sub: "alice", exp: 4_000_000_000, iat: issued,
                    sid: session, roles: ["member"]))
        }

        private func isRevoked(_ token: String, _ auth: Auth) async throws -> Bool {
            try await auth.call("GET", "/auth/me", token: token).code == "token_revoked"
        }

        /// "Logged out everywhere" is meant of the tokens of another system, too.
        @Test func anotherPasswordEndsThem() async throws {
            try await withAuth(Self.settings) { auth in
                _ = try await auth.register("alice")
                let early = try token(issued: 1_000_000_000)
                #expect(try await auth.call("GET", "/auth/me", token: early).status == 200)
                #expect(try await auth.resetPassword(of: .alice))
                let isOut = try await eventually { try await isRevoked(early, auth) }
                #expect(isOut)
            }
        }

        @Test(arguments: ["/auth/logout", "/auth/logout-all"])
        func whoLogsOutWithOneOfAClockThatIsAheadIsOut(path: String) async throws {
            try await withAuth(Self.settings) { auth in
                let ahead = try token(issued: now + 20)
                #expect(try await auth.call("POST", path, token: ahead).status == 204)
                #expect(try await isRevoked(ahead, auth))
            }
        }

        /// Its user may hold others, which are good for longer.
        @Test(arguments: ["/auth/logout", "/auth/logout-all"])
        func whatEndsATokenWithoutATimeIsNotForgotten(path: String) async throws {
            try await withAuth(Self.settings) { auth in
                let timeless = try token(issued: nil)
                #expect(try await auth.call("POST", path, token: timeless).status == 204)
                #expect(try await isRevoked(timeless, auth))
                let kept = try await auth.probing { postgres, _, _ in
                    try await postgres.query("SELECT expires FROM auth.revocations").map {
                        try $0["expires"].int
                    }
                }
                #expect(kept == [Revocation.never])
            }
        }

        /// History asks so while Redis is away: auth has no row of such a session.
        @Test func aSessionThatHasEndedReadsNothingWhileRedisIsAway() async throws {
            try await withAuth(Self.settings) { auth in
                let (ended, other) = ("ended elsewhere", "another")
                let issued = now
                let token = try token(issued: issued, session: ended)
                #expect(try await auth.call("POST", "/auth/logout", token: token).status == 204)
                let revoked = try await auth.probing { postgres, _, _ in
                    var revoked: [Bool] = []
                    for session in [ended, other, nil] {
                        let rows = try await postgres.query(
                            "SELECT revoked FROM auth.room_standing('general', 'alice', $1, $2)",
                            [.init(session), .int(Int64(issued))])
                        for row in rows { revoked.append(try row["revoked"].bool) }
                    }
                    return revoked
                }
                #expect(revoked == [true, false, false])
            }
        }
    }
}
