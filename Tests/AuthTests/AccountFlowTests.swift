import Postgres
import Schema
import Support
import Testing
import Tokens

@testable import ChatAuth

extension ServiceTests {
    /// Registration, log-in and what a token opens, over HTTP.
    @Suite struct AccountFlowTests {
        @Test func oneRegistersAndIsKnown() async throws {
            try await withAuth { auth in
                let answer = try await auth.call(
                    "POST", "/auth/register",
                    ["username": "alice", "password": "wonderland", "name": "Alice L.", "more": 1])
                #expect(answer.status == 201)
                #expect(answer.header("location") == "/users/alice")
                #expect(answer["token_type"] == "Bearer")
                #expect(answer["expires_in"] == 900)
                #expect(answer["refresh_expires_in"] == 2_592_000)
                #expect(answer["user"] == ["id": "alice", "name": "Alice L.", "roles": ["member"]])
                let token = try auth.login(answer).access
                let me = try await auth.call("GET", "/auth/me", token: token)
                #expect(me.json == ["id": "alice", "name": "Alice L.", "roles": ["member"]])
                let second = try await auth.call(
                    "POST", "/auth/register", ["username": "alice", "password": "wonderland"])
                #expect(second.status == 409)
                #expect(second.code == "username_taken")
            }
        }

        @Test(arguments: ["EdDSA", "HS256"])
        func whereRegistrationIsOffNobodyRegisters(algorithm: String) async throws {
            let settings = [
                "REGISTRATION": "off", "JWT_ALGORITHM": algorithm,
                "JWT_SECRET": String(repeating: "s", count: 32),
            ]
            try await withAuth(settings) { auth in
                let alice: JSONValue = ["username": "alice", "password": "wonderland"]
                let refused = try await auth.call("POST", "/auth/register", alice)
                #expect(refused.status == 403)
                #expect(refused.code == "forbidden")
                #expect(refused["detail"]?.text?.contains("operator") == true)
                #expect(try await auth.call("POST", "/auth/login", alice).status == 401)
                // Who has an account logs in as ever.
                try await withAuth(database: auth.databaseURL) { open in _ = try await open.register("alice")
                }
                #expect(try await auth.call("POST", "/auth/login", alice).status == 200)
            }
        }

        @Test func badRegistrationsSayWhatIsWrong() async throws {
            try await withAuth { auth in
                let both = try await auth.call("POST", "/auth/register", ["username": "A", "password": "x"])
                #expect(both.status == 422)
                #expect(both.header("content-type") == "application/problem+json")
                let fields = both["errors"]?.array?.compactMap { $0["field"]?.text } ?? []
                #expect(Set(fields) == ["username", "password"])
                let wrong = try await auth.call(
                    "POST", "/auth/register", ["username": 1, "password": "12345678"])
                #expect(wrong.status == 422)
                #expect(wrong["errors"]?[0]?["field"] == "username")
                let text = try await auth.call("POST", "/auth/register", "{}", contentType: "text/plain")
                #expect(text.status == 415)
                let none = try await auth.call("POST", "/auth/login")
                #expect(none.status == 415 || none.status == 400)
                let method = try await auth.call("DELETE", "/auth/login")
                #expect(method.status == 405)
            }
        }

        @Test func wrongPasswordsAreRefusedAndSlowedDown() async throws {
            let clock = ManualClock()
            try await withAuth(clock: { clock.now }) { auth in
                _ = try await auth.register("alice")
                let wrong: JSONValue = ["username": "alice", "password": "wrong-password"]
                for _ in 0..<5 {
                    let answer = try await auth.call("POST", "/auth/login", wrong)
                    #expect(answer.status == 401)
                    #expect(answer.code == "invalid_credentials")
                    #expect(answer.header("www-authenticate") != nil)
                }
                let slowed = try await auth.call("POST", "/auth/login", wrong)
                #expect(slowed.status == 429)
                #expect(slowed.code == "rate_limited")
                #expect(slowed.header("retry-after") == "1")
                // Who waits is let in once more, and pays twice as much.
                clock.advance(bySeconds: 1)
                #expect(try await auth.call("POST", "/auth/login", wrong).status == 401)
                let again = try await auth.call("POST", "/auth/login", wrong)
                #expect(again.status == 429)
                #expect(again.header("retry-after") == "2")
                let nobody = try await auth.call(
                    "POST", "/auth/login", ["username": "nobody", "password": "wonderland"])
                #expect(nobody.status == 401)
                #expect(nobody.code == "invalid_credentials")
            }
        }

        @Test func limitsCanBeLifted() async throws {
            try await withAuth(["LIMITS": "off"]) { auth in
                for _ in 0..<8 {
                    let answer = try await auth.call(
                        "POST", "/auth/login", ["username": "nobody", "password": "wonderland"])
                    #expect(answer.status == 401)
                }
            }
        }

        @Test func tokensAreJudged() async throws {
            try await withAuth { auth in
                let none = try await auth.call("GET", "/auth/me")
                #expect(none.status == 401)
                #expect(none.code == "token_missing")
                #expect(none.header("www-authenticate") == #"Bearer realm="parley""#)
                let bad = try await auth.call("GET", "/auth/me", token: "nonsense")
                #expect(bad.code == "token_invalid")
                let keys = try await auth.call("GET", "/.well-known/jwks.json")
                #expect(keys.status == 200)
                #expect(keys.header("cache-control")?.contains("max-age") == true)
                #expect(keys["keys"]?.array?.count == 1)
                #expect(keys["keys"]?[0]?["d"] == nil)
            }
        }

        @Test func anAlgorithmIsASetting() async throws {
            try await withAuth(["JWT_ALGORITHM": "ES256"]) { auth in
                let login = try await auth.register("alice")
                let keys = try await auth.call("GET", "/.well-known/jwks.json")
                #expect(keys["keys"]?[0]?["alg"] == "ES256")
                let me = try await auth.call("GET", "/auth/me", token: login.access)
                #expect(me.status == 200)
            }
        }

        @Test func aSharedSecretVouchesForThoseWithoutAnAccount() async throws {
            let secret = String(repeating: "s", count: 32)
            try await withAuth(["JWT_ALGORITHM": "HS256", "JWT_SECRET": secret]) { auth in
                let signer = try TokenSigner(hs256Secret: Array(secret.utf8))
                let token = try signer.sign(
                    TokenClaims(
                        iss: "parley", aud: ["parley"], sub: "robot", exp: 4_000_000_000, iat: 1_000_000_000,
                        name: "Robot", roles: ["member"]))
                let keys = try await auth.call("GET", "/.well-known/jwks.json")
                #expect(keys["keys"] == [])
                let me = try await auth.call("GET", "/auth/me", token: token)
                #expect(me["name"] == "Robot")
                // The account that came of it has no password.
                let login = try await auth.call(
                    "POST", "/auth/login", ["username": "robot", "password": "wonderland"])
                #expect(login.status == 401)
                // A token without a session is taken back with all others of its user.
                let logout = try await auth.call("POST", "/auth/logout", token: token)
                #expect(logout.status == 204)
                let after = try await auth.call("GET", "/auth/me", token: token)
                #expect(after.code == "token_revoked")
            }
        }

        @Test func theFirstAdministratorIsMadeOnce() async throws {
            let settings = ["ADMIN_USERNAME": "root", "ADMIN_PASSWORD": "of-all-evil"]
            try await withAuth(settings) { auth in
                let login = try await auth.login("root", "of-all-evil")
                let me = try await auth.call("GET", "/auth/me", token: login.access)
                #expect(me["roles"] == ["admin", "member"])
                let other = settings.merging(["ADMIN_USERNAME": "root2"]) { _, new in new }
                try await withAuth(other, database: auth.databaseURL) { auth in
                    let answer = try await auth.call(
                        "POST", "/auth/login", ["username": "root2", "password": "of-all-evil"])
                    #expect(answer.status == 401)
                }
            }
        }

        @Test func aNewPasswordEndsTheOtherSessions() async throws {
            try await withAuth { auth in
                let here = try await auth.register("alice")
                let there = try await auth.login("alice")
                let change: JSONValue = ["current_password": "wonderland", "new_password": "looking-glass"]
                let wrong = try await auth.call(
                    "POST", "/auth/password", ["current_password": "x", "new_password": "looking-glass"],
                    token: here.access)
                #expect(wrong.status == 403)
                let done = try await auth.call("POST", "/auth/password", change, token: here.access)
                #expect(done.status == 204)
                #expect(try await auth.call("GET", "/auth/me", token: here.access).status == 200)
                #expect(try await auth.call("GET", "/auth/me", token: there.access).code == "token_revoked")
                #expect(try await auth.refresh(there.refresh).code == "token_revoked")
                _ = try await auth.login("alice", "looking-glass")
            }
        }

        /// Else the answer is "try again", and the password that has to be known then is already the new one.
        @Test func aPasswordIsChangedWithTheSessionsThatItEndsOrNotAtAll() async throws {
            try await withAuth { auth in
                let here = try await auth.register("alice")
                let there = try await auth.login("alice")
                let change: JSONValue = ["current_password": "wonderland", "new_password": "looking-glass"]
                try await auth.sql("ALTER TABLE auth.outbox RENAME TO away")
                let failed = try await auth.call("POST", "/auth/password", change, token: here.access)
                #expect(failed.status >= 500)
                #expect(try await auth.call("GET", "/auth/me", token: there.access).status == 200)
                try await auth.sql("ALTER TABLE auth.away RENAME TO outbox")
                let again = try await auth.call("POST", "/auth/password", change, token: here.access)
                #expect(again.status == 204)
                #expect(try await auth.call("GET", "/auth/me", token: there.access).code == "token_revoked")
                #expect(try await auth.refresh(there.refresh).code == "token_revoked")
                #expect(try await auth.call("GET", "/auth/me", token: here.access).status == 200)
            }
        }

        @Test func whoHasATokenGuessesNoFaster() async throws {
            let clock = ManualClock()
            try await withAuth(clock: { clock.now }) { auth in
                let here = try await auth.register("alice")
                func change(from current: String) async throws -> HTTPAnswer {
                    try await auth.call(
                        "POST", "/auth/password",
                        ["current_password": .string(current), "new_password": "looking-glass"],
                        token: here.access)
                }
                for _ in 0..<5 { #expect(try await change(from: "wrong-password").status == 403) }
                let slowed = try await change(from: "wonderland")
                #expect(slowed.status == 429)
                #expect(slowed.code == "rate_limited")
                #expect(slowed.header("retry-after") == "1")
                let login = try await auth.call(
                    "POST", "/auth/login", ["username": "alice", "password": "wonderland"])
                #expect(login.status == 429)
                clock.advance(bySeconds: 1)
                #expect(try await change(from: "wonderland").status == 204)
            }
        }

        /// Else who knows the old password, and logs in again and again, is in when it has been changed.
        @Test(arguments: [("looking-glass", 401), ("wonderland", 200)])
        func aPasswordThatIsChangedWhileItIsJudgedIsJudgedAnew(new: String, status: Int) async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                let answer = try await auth.asking(while: try passwordChange(to: new)) {
                    try await auth.call(
                        "POST", "/auth/login", ["username": "alice", "password": "wonderland"])
                }
                #expect(answer.status == status)
            }
        }

        @Test func whoChangesAPasswordHasToKnowTheOneOfThatMoment() async throws {
            try await withAuth { auth in
                let here = try await auth.register("alice")
                let answer = try await auth.asking(while: try passwordChange(to: "looking-glass")) {
                    try await auth.call(
                        "POST", "/auth/password",
                        ["current_password": "wonderland", "new_password": "jabberwocky"],
                        token: here.access)
                }
                #expect(answer.status == 403)
                _ = try await auth.login("alice", "looking-glass")
            }
        }

        /// A log-in that is half done has its session before the new password is there, or none.
        @Test func aPasswordThatIsResetEndsASessionThatBeginsMeanwhile() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                let login: PostgresStatement = (
                    """
                    WITH account AS (SELECT handle FROM auth.accounts WHERE handle = 'alice' FOR SHARE)
                    INSERT INTO auth.sessions (id, handle, secret, expires)
                    SELECT 'late', handle, '', 4000000000 FROM account
                    """, []
                )
                let isDone = try await auth.asking(while: login) {
                    try await auth.resetPassword(of: .alice)
                }
                #expect(isDone)
                let left = try await auth.probing { postgres, _, _ in
                    try await postgres.query("SELECT id FROM auth.sessions WHERE revoked_at IS NULL").count
                }
                #expect(left == 0)
            }
        }

        private func passwordChange(to password: String) throws -> PostgresStatement {
            let hash = try PasswordHasher(cost: .floor).hash(password)
            return ("UPDATE auth.accounts SET password = $1", [.text(hash)])
        }
    }
}
