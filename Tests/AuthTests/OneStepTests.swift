import Engine
import Schema
import Support
import Testing

@testable import ChatAuth

extension ServiceTests {
    /// What is made and answered in one step: no failure is told of what has been made.
    @Suite struct OneStepTests {
        /// Who was told of a failure has not taken their own name.
        @Test func whoseRegistrationFailsRegistersAgain() async throws {
            try await withAuth { auth in
                let alice: JSONValue = ["username": "alice", "password": "wonderland"]
                try await auth.sql("ALTER TABLE auth.refresh_tokens RENAME TO elsewhere")
                #expect(try await auth.call("POST", "/auth/register", alice).status >= 500)
                try await auth.sql("ALTER TABLE auth.elsewhere RENAME TO refresh_tokens")
                let login = try auth.login(await auth.call("POST", "/auth/register", alice))
                #expect(try await auth.refresh(login.refresh).status == 200)
            }
        }

        /// What comes after the commit might fail: the answer is known with it.
        @Test func aRoomThatIsMadeIsNotLookedForAgain() async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                try await auth.sql(
                    """
                    CREATE FUNCTION auth.hide() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN DELETE FROM auth.members WHERE room = NEW.room; RETURN NULL; END $$
                    """)
                try await auth.sql(
                    """
                    CREATE TRIGGER hide AFTER INSERT ON auth.members
                    FOR EACH ROW EXECUTE FUNCTION auth.hide()
                    """)
                let body: JSONValue = ["id": "ops", "name": "Ops", "visibility": "private"]
                let before = WallClock.milliseconds()
                let made = try await auth.call("POST", "/rooms", body, token: alice)
                #expect(made.status == 201)
                #expect(abs((made["created_ts"]?.int ?? 0) - before) < 60_000)
                let created = try #require(made["created_ts"])
                #expect(
                    made.json == [
                        "id": "ops", "name": "Ops", "visibility": "private", "members": 1, "role": "owner",
                        "created_ts": created,
                    ])
            }
        }
    }
}
