import Bus
import Engine
import Postgres
import Redis
import Schema
import Support
import Testing
import Tokens

@testable import ChatAuth

extension ServiceTests {
    /// Refreshing, logging out, tickets: what ends, and who hears of it.
    @Suite struct SessionFlowTests {
        @Test func twoTabsGetTheSameAnswer() async throws {
            try await withAuth { auth in
                let login = try await auth.register("alice")
                async let one = auth.refresh(login.refresh)
                async let other = auth.refresh(login.refresh)
                let (first, second) = try await (one, other)
                #expect(first.status == 200)
                #expect(first.json == second.json)
                #expect(first["refresh_token"]?.text != login.refresh)
                let third = try await auth.refresh(login.refresh)
                #expect(third.json == first.json)
                let child = try auth.login(first)
                #expect(try await auth.call("GET", "/auth/me", token: child.access).status == 200)
                #expect(try await auth.refresh(child.refresh).status == 200)
            }
        }

        @Test func reuseEndsTheWholeSession() async throws {
            try await withAuth { auth in
                let login = try await auth.register("alice")
                let child = try auth.login(await auth.refresh(login.refresh))
                let grandchild = try auth.login(await auth.refresh(child.refresh))
                let reuse = try await auth.refresh(login.refresh)
                #expect(reuse.status == 401)
                #expect(reuse.code == "token_revoked")
                #expect(try await auth.refresh(grandchild.refresh).code == "token_revoked")
                for token in [login.access, child.access, grandchild.access] {
                    #expect(try await auth.call("GET", "/auth/me", token: token).code == "token_revoked")
                }
                try await auth.expectAllTold()
                let told = try await auth.controlLog().filter { $0.type == "revoked" }
                #expect(told.count == 1)
                let again = try await auth.login("alice")
                #expect(try await auth.call("GET", "/auth/me", token: again.access).status == 200)
            }
        }

        @Test(arguments: ["", "nonsense", String(repeating: "A", count: 43)])
        func whatIsNoRefreshTokenIsRefused(token: String) async throws {
            try await withAuth { auth in
                let answer = try await auth.refresh(token)
                #expect(answer.status == 401)
                #expect(answer.code == "token_invalid")
            }
        }

        @Test func logoutEndsThisSessionAndIsTold() async throws {
            try await withAuth { auth in
                let here = try await auth.register("alice")
                let there = try await auth.login("alice")
                #expect(try await auth.call("POST", "/auth/logout", token: here.access).status == 204)
                #expect(try await auth.call("GET", "/auth/me", token: here.access).code == "token_revoked")
                #expect(try await auth.refresh(here.refresh).code == "token_revoked")
                #expect(try await auth.call("GET", "/auth/me", token: there.access).status == 200)
                try await auth.expectAllTold()
                let told = try #require(try await auth.controlLog().last)
                #expect(told.type == "revoked")
                let sid = try #require(told.data["sid"]?.text)
                let stored = try await auth.redis { client in
                    try await client.call("HGET", .text(Keys.authRevoked), .text("sid:\(sid)")).int
                }
                #expect(stored == told.data["expires"]?.int)
            }
        }

        /// A token may have been given out when `ACCESS_TOKEN_TTL` was longer than it is.
        @Test func aLogoutOutlastsTheLongestTokenThatThereMayBe() async throws {
            try await withAuth(["ACCESS_TOKEN_TTL": "86400"]) { auth in
                let here = try await auth.register("alice")
                let claims = try claims(of: here.access)
                let sid = try #require(claims["sid"]?.text)
                try await withAuth(["ACCESS_TOKEN_TTL": "60"], database: auth.databaseURL) { next in
                    // Its refresh token ends it, so that nobody shows how long the other is.
                    let renewed = try await next.refresh(here.refresh)
                    let access = try #require(renewed["access_token"]?.text)
                    #expect(try await next.call("POST", "/auth/logout", token: access).status == 204)
                    try await next.expectAllTold()
                    let ends = try await next.redis { client in
                        try await client.call("HGET", .text(Keys.authRevoked), .text("sid:\(sid)")).int
                    }
                    #expect(ends ?? 0 >= claims["exp"]?.int ?? .max)
                }
            }
        }

        /// A statement has 10 s: they go by slices, and as far as one sweep goes.
        @Test func whatHasExpiredGoesBySlices() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                try await auth.sql(
                    """
                    INSERT INTO auth.sessions (id, handle, secret, expires) SELECT 'old', 'alice', 'x', 5
                    """)
                try await auth.sql(
                    """
                    INSERT INTO auth.refresh_tokens (digest, session, expires)
                    SELECT n::text::bytea, 'old', 5 FROM generate_series(1, 25) AS n
                    """)
                let left = try await auth.probing { postgres, _, _ in
                    var left: [[Int64]] = []
                    for _ in 0..<2 {
                        try await PostgresSessions(postgres: postgres).removeExpired(
                            now: 6, slices: 2, of: 10)
                        let row = try await postgres.query(
                            """
                            SELECT (SELECT count(*) FROM auth.sessions) AS sessions,
                                (SELECT count(*) FROM auth.refresh_tokens) AS tokens
                            """)[0]
                        left.append([try row["sessions"].int, try row["tokens"].int])
                    }
                    return left
                }
                // Alice's own stay.
                #expect(left == [[2, 6], [1, 1]])
            }
        }

        @Test func logoutAllEndsAllButNotTheNextLogin() async throws {
            try await withAuth { auth in
                let here = try await auth.register("alice")
                let there = try await auth.login("alice")
                #expect(try await auth.call("POST", "/auth/logout-all", token: here.access).status == 204)
                for login in [here, there] {
                    #expect(
                        try await auth.call("GET", "/auth/me", token: login.access).code == "token_revoked")
                    #expect(try await auth.refresh(login.refresh).code == "token_revoked")
                }
                // In the same second.
                let again = try await auth.login("alice")
                #expect(try await auth.call("GET", "/auth/me", token: again.access).status == 200)
            }
        }

        @Test func aLoginThatEndsBehindALogoutEverywhereIsGood() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                let before = WallClock.milliseconds() / 1000 + 20
                let change: PostgresStatement = (
                    "UPDATE auth.accounts SET revoked_before = $1", [.int(before)]
                )
                let login = try auth.login(
                    await auth.asking(while: change) {
                        try await auth.call(
                            "POST", "/auth/login", ["username": "alice", "password": "wonderland"])
                    })
                let claims = try claims(of: login.access)
                #expect(claims["iat"]?.int == before)
                #expect(claims["exp"]?.int == before + 900)
            }
        }

        @Test func aTokenThatIsRenewedIsNotIssuedBeforeTheLastRevocation() async throws {
            try await withAuth { auth in
                let login = try await auth.register("alice")
                let before = WallClock.milliseconds() / 1000 + 20
                try await auth.sql("UPDATE auth.accounts SET revoked_before = \(before)")
                let renewed = try await auth.refresh(login.refresh)
                let claims = try claims(of: auth.login(renewed).access)
                #expect(claims["iat"]?.int == before)
                #expect(claims["exp"]?.int == before + 900)
                // The other tab's is the same one.
                #expect(try await auth.refresh(login.refresh).json == renewed.json)
            }
        }

        /// What is renewed while the log-out waits is a second younger than the log-out was when it was asked for.
        @Test func whatIsRenewedBesideALogoutEverywhereDoesNotOutliveIt() async throws {
            try await withAuth { auth in
                let login = try await auth.register("alice")
                let lock: PostgresStatement = ("SELECT FROM auth.accounts FOR UPDATE", [])
                let answers = try await auth.asking(
                    while: lock,
                    inTurn: [
                        { @Sendable in
                            try await auth.call("POST", "/auth/logout-all", token: login.access)
                        },
                        { @Sendable in
                            let second = WallClock.milliseconds() / 1000
                            _ = try await eventually { WallClock.milliseconds() / 1000 > second }
                            return try await auth.refresh(login.refresh)
                        },
                    ])
                #expect(answers[0].status == 204)
                let token = answers[1]["access_token"]?.text ?? login.access
                #expect(try await auth.call("GET", "/auth/me", token: token).code == "token_revoked")
            }
        }

        @Test func whoRenewsWhileTheSessionEndsIsRefused() async throws {
            try await withAuth { auth in
                let login = try await auth.register("alice")
                let answer = try await auth.asking(
                    while: ("UPDATE auth.sessions SET revoked_at = now()", [])
                ) { try await auth.refresh(login.refresh) }
                #expect(answer.code == "token_revoked")
            }
        }

        /// Whatever the clock of the instance that issued it.
        @Test(arguments: [false, true])
        func aTokenOfALaterClockEndsWithALogoutEverywhere(isRenewed: Bool) async throws {
            try await withAuth { auth in
                let first = try await auth.register("alice")
                let later = WallClock.milliseconds() / 1000 + 20
                try await auth.sql("UPDATE auth.accounts SET revoked_before = \(later)")
                let login =
                    isRenewed
                    ? try auth.login(await auth.refresh(first.refresh)) : try await auth.login("alice")
                #expect(try await auth.call("GET", "/auth/me", token: login.access).status == 200)
                let logout = try await auth.call("POST", "/auth/logout-all", token: first.access)
                #expect(logout.status == 204)
                let after = try await auth.call("GET", "/auth/me", token: login.access)
                #expect(after.code == "token_revoked")
                let again = try await auth.login("alice")
                #expect(try await auth.call("GET", "/auth/me", token: again.access).status == 200)
            }
        }

        /// A renewal at an instance whose clock is behind does not make it older.
        @Test func aTokenOfALaterClockIsRememberedByTheNextRenewal() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                let later = WallClock.milliseconds() / 1000 + 20
                try await auth.sql("UPDATE auth.accounts SET revoked_before = \(later)")
                let login = try await auth.login("alice")
                try await auth.sql("UPDATE auth.accounts SET revoked_before = 0")
                let renewed = try auth.login(await auth.refresh(login.refresh))
                let logout = try await auth.call("POST", "/auth/logout-all", token: renewed.access)
                #expect(logout.status == 204)
                for token in [login.access, renewed.access] {
                    #expect(try await auth.call("GET", "/auth/me", token: token).code == "token_revoked")
                }
            }
        }

        @Test func twoTabsThatMeetInTheDatabaseGetTheSameAnswer() async throws {
            try await withAuth { auth in
                let login = try await auth.register("alice")
                let refresh = { @Sendable in try await auth.refresh(login.refresh) }
                let answers = try await auth.asking(
                    while: ("SELECT FROM auth.sessions FOR UPDATE", []), inTurn: [refresh, refresh])
                #expect(answers[0].status == 200)
                #expect(answers[1].json == answers[0].json)
            }
        }

        private func claims(of token: String) throws -> JSONValue {
            let parts = token.split(separator: ".")
            try #require(parts.count == 3)
            return try JSONValue(parsing: try #require(Base64URL.decode(String(parts[1]))))
        }

        @Test func aTicketStandsInRedisUnderItsDigest() async throws {
            try await withAuth(["TICKET_TTL": "20"]) { auth in
                let login = try await auth.register("alice")
                let answer = try await auth.call("POST", "/auth/ticket", token: login.access)
                #expect(answer["expires_in"] == 20)
                let ticket = try #require(answer["ticket"]?.text)
                let found = try await auth.redis { client in
                    try await client.call("KEYS", "ticket:*")[0].text ?? ""
                }
                #expect(!found.contains(ticket))
                let json = try await auth.redis { client in
                    try await client.call("GET", .text(found)).bytes ?? []
                }
                #expect(try JSONValue(parsing: json)["user"] == "alice")
            }
        }
    }
}
