import Bus
import Engine
import Postgres
import Schema
import Support
import Testing
import Tokens

@testable import ChatAuth

extension ServiceTests {
    /// Accounts that an operator shuts, and opens again.
    @Suite struct DisabledAccountTests {
        /// What `auth disable-user NAME` does, beside the running auth.
        private func disable(_ user: UserHandle, _ auth: Auth) async throws -> Bool {
            try await auth.probing { postgres, _, _ in
                try await PostgresAccounts(postgres: postgres).disable(user)
            }
        }

        private func enable(_ user: UserHandle, _ auth: Auth) async throws -> Bool {
            try await auth.probing { postgres, _, _ in
                try await PostgresAccounts(postgres: postgres).enable(user)
            }
        }

        /// When what ends all tokens of a user is forgotten.
        private func ends(_ auth: Auth) async throws -> [Int64] {
            try await auth.probing { postgres, _, _ in
                let rows = try await postgres.query(
                    "SELECT expires FROM auth.revocations WHERE field LIKE 'user:%'")
                var ends: [Int64] = []
                for row in rows { ends.append(try row["expires"].int) }
                return ends
            }
        }

        private func tryLogin(_ password: String, _ auth: Auth) async throws -> HTTPAnswer {
            try await auth.call(
                "POST", "/auth/login", ["username": "alice", "password": .string(password)])
        }

        @Test func whoIsDisabledIsLoggedOutAndStaysSo() async throws {
            try await withAuth(["LIMITS": "off"]) { auth in
                let alice = try await auth.register("alice")
                #expect(try await disable(.alice, auth))
                // By the word that gateways hear.
                let isOut = try await eventually {
                    try await auth.call("GET", "/auth/me", token: alice.access).code == "token_revoked"
                }
                #expect(isOut)
                #expect(try await auth.refresh(alice.refresh).code == "token_revoked")
                let told = try await auth.controlLog().filter { $0.type == "revoked" }.map(\.data)
                #expect(told.map { $0["user"] } == ["alice"])

                let (right, wrong) = (
                    try await tryLogin("wonderland", auth), try await tryLogin("looking-glass", auth)
                )
                #expect(right.status == 401)
                #expect(right.code == "invalid_credentials")
                #expect(right.json == wrong.json)

                #expect(try await enable(.alice, auth))
                #expect(try await tryLogin("wonderland", auth).status == 200)
                // What was ended stays so.
                #expect(try await auth.refresh(alice.refresh).code == "token_revoked")
                #expect(try await auth.call("GET", "/auth/me", token: alice.access).status == 401)
            }
        }

        /// An operator's command has its own environment: it knows neither `ACCESS_TOKEN_TTL` nor who else issues tokens.
        @Test func whatACommandEndsIsNotForgotten() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                #expect(try await disable(.alice, auth))
                #expect(try await ends(auth) == [Revocation.never])
                #expect(try await enable(.alice, auth))
                #expect(try await ends(auth) == [Revocation.never])
                let again = try await auth.login("alice")
                #expect(try await auth.call("GET", "/auth/me", token: again.access).status == 200)
            }
            try await withAuth { auth in
                _ = try await auth.register("alice")
                #expect(try await auth.resetPassword(of: .alice))
                #expect(try await ends(auth) == [Revocation.never])
            }
        }

        @Test func aLogOutEverywhereOutlivesEachTokenThatThereMayBe() async throws {
            // Before its last start auth may have issued tokens for a day.
            try await withAuth(["ACCESS_TOKEN_TTL": "60"]) { auth in
                let alice = try await auth.register("alice")
                #expect(try await auth.call("POST", "/auth/logout-all", token: alice.access).status == 204)
                let day = WallClock.milliseconds() / 1000 + 86_400
                #expect(try await ends(auth).allSatisfy { ($0 - day).magnitude < 3_600 })
                #expect(try await ends(auth).count == 1)
            }
            let secret = String(repeating: "s", count: 32)
            try await withAuth(["JWT_ALGORITHM": "HS256", "JWT_SECRET": secret]) { auth in
                let alice = try await auth.register("alice")
                #expect(try await auth.call("POST", "/auth/logout-all", token: alice.access).status == 204)
                #expect(try await ends(auth) == [Revocation.never])
            }
        }

        /// The password was judged before the account was shut: the session comes first and is ended, or none begins.
        @Test func aLogInThatIsUnderWayComesToNothing() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                let shutting: PostgresStatement = (
                    "UPDATE auth.accounts SET disabled_at = now() WHERE handle = 'alice'", []
                )
                let late = try await auth.asking(while: shutting) { try await tryLogin("wonderland", auth) }
                #expect(late.status == 401)
                #expect(late.code == "invalid_credentials")
            }
        }

        @Test func nobodyIsNobodyToDisable() async throws {
            try await withAuth { auth in
                let (isDisabled, isEnabled) = (
                    try await disable(.alice, auth), try await enable(.alice, auth)
                )
                #expect(!isDisabled)
                #expect(!isEnabled)
            }
        }

        /// Another system says who may come where it mints the tokens; what it had issued is ended, and auth's own
        /// log-in is shut.
        @Test func aTokenOfAnotherSystemIsEndedAndALaterOneIsThatSystemsAffair() async throws {
            let secret = String(repeating: "s", count: 32)
            try await withAuth(["JWT_ALGORITHM": "HS256", "JWT_SECRET": secret]) { auth in
                _ = try await auth.register("alice")
                let signer = try TokenSigner(hs256Secret: Array(secret.utf8))
                func token(issued: Int) throws -> String {
                    try signer.sign(
                        TokenClaims(
                            iss: "parley", aud: ["parley"], sub: "alice", exp: 4_000_000_000, iat: issued,
                            roles: ["member"]))
                }
                let early = try token(issued: 1_000_000_000)
                // By a clock that is ahead.
                let ahead = try token(issued: Int(WallClock.milliseconds() / 1000) + 20)
                #expect(try await disable(.alice, auth))
                let isOut = try await eventually {
                    try await auth.call("GET", "/auth/me", token: early).code == "token_revoked"
                }
                #expect(isOut)
                #expect(try await auth.call("GET", "/auth/me", token: ahead).code == "token_revoked")
                // Later than all that was ended, and not so late that it counts as issued in the future.
                let late = try token(issued: Int(WallClock.milliseconds() / 1000) + 30)
                #expect(try await auth.call("GET", "/auth/me", token: late).status == 200)
                let change: JSONValue = ["current_password": "wonderland", "new_password": "looking-glass"]
                let answer = try await auth.call("POST", "/auth/password", change, token: late)
                #expect(answer.code == "token_invalid")
                #expect(try await tryLogin("wonderland", auth).status == 401)
            }
        }
    }
}
