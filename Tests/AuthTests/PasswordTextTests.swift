import Postgres
import Schema
import Support
import Testing
import Tokens
import Web

@testable import ChatAuth

@Suite struct PasswordTextTests {
    /// As scalars: texts that differ by nothing but how they are put together are equal for Swift.
    private func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }

    @Test(arguments: [
        ("wonderland", "wonderland"), ("e\u{301}", "\u{E9}"), ("\u{E9}", "\u{E9}"),
        ("\u{1100}\u{1161}", "\u{AC00}"), ("\u{212B}", "\u{C5}"), ("a\u{323}\u{307}", "\u{1EA1}\u{307}"),
        ("a\u{307}\u{323}", "\u{1EA1}\u{307}"),
        // RFC 8265, table 2: spaces of other kinds, and nothing else, are mapped.
        ("Jack of \u{2666}s", "Jack of \u{2666}s"), ("foo\u{1680}bar", "foo bar"), ("a\u{A0}b", "a b"),
        ("a\u{3000}b", "a b"), ("a\tb", "a\tb"), ("\u{FB01}", "\u{FB01}"), ("Ａ", "Ａ"),
    ])
    func textsAreNormalized(text: String, expected: String) {
        #expect(scalars(PasswordText.normalized(text)) == scalars(expected))
    }

    @Test func normalizingAgainChangesNothing() {
        for text in ["e\u{301} \u{2003}\u{1E9B}\u{323}", "\u{344}", "\u{FB2C}"] {
            let once = PasswordText.normalized(text)
            #expect(scalars(PasswordText.normalized(once)) == scalars(once))
        }
    }

    /// Else it would be too short on one keyboard only.
    @Test func aPasswordIsAsLongOnEachKeyboard() {
        let text = String(repeating: "e\u{301}", count: 4)
        #expect(AccountRules.problems(ofPassword: text).map(\.code) == ["too_short"])
    }

    /// Putting marks in order takes long, and nobody needs it.
    @Test func whatIsTooLongForAnyPasswordIsLeftAsItIs() {
        let fourInOne = "\u{3B1}\u{313}\u{300}\u{345}"
        let longest = String(repeating: fourInOne, count: 256)
        #expect(AccountRules.problems(ofPassword: longest).isEmpty)
        let longer = longest + fourInOne
        #expect(scalars(PasswordText.normalized(longer)) == scalars(longer))
        #expect(AccountRules.problems(ofPassword: longer).map(\.code) == ["too_long"])
    }

    @Test func whatAnEarlierBuildHashedAsItCameIsStillRight() async throws {
        let passwords = try Passwords(cost: .floor, workers: 1)
        let address = AddressKey("192.0.2.1")
        let asTyped = "cafe\u{301} au lait"
        let old = try PasswordHasher(cost: .floor).hash(asTyped)
        let verdict = try await passwords.verify(asTyped, against: old, for: address)
        #expect(verdict == .match(needsRehash: true))
        let renewed = try await passwords.hash(asTyped, for: address)
        for text in [asTyped, "caf\u{E9} au\u{A0}lait"] {
            let verdict = try await passwords.verify(text, against: renewed, for: address)
            #expect(verdict == .match(needsRehash: false), "\(scalars(text))")
        }
        let wrong = try await passwords.verify("cafe\u{300} au lait", against: renewed, for: address)
        #expect(wrong == .mismatch)
        let nobody = try await passwords.verify(asTyped, against: nil, for: address)
        #expect(nobody == .mismatch)
    }
}

extension ServiceTests {
    @Suite struct PasswordKeyboardTests {
        private func logIn(_ password: String, _ auth: Auth) async throws -> Int {
            try await auth.call(
                "POST", "/auth/login", ["username": "alice", "password": .string(password)]
            ).status
        }

        @Test func aPasswordIsTheSameOnEachKeyboard() async throws {
            try await withAuth { auth in
                let alice: JSONValue = ["username": "alice", "password": "cafe\u{301} au lait"]
                let registered = try await auth.call("POST", "/auth/register", alice)
                #expect(registered.status == 201)
                #expect(try await logIn("caf\u{E9} au\u{A0}lait", auth) == 200)
                let token = try auth.login(registered).access
                let change: JSONValue = [
                    "current_password": "caf\u{E9} au lait", "new_password": "u\u{308}ber allem",
                ]
                #expect(try await auth.call("POST", "/auth/password", change, token: token).status == 204)
                #expect(try await logIn("\u{FC}ber allem", auth) == 200)
            }
        }

        /// Then the other keyboards are let in as well.
        @Test func anOldHashIsRenewedAtTheLogIn() async throws {
            try await withAuth { auth in
                _ = try await auth.register("alice")
                let old = try PasswordHasher(cost: .floor).hash("cafe\u{301} au lait")
                try await auth.sql("UPDATE auth.accounts SET password = '\(old)' WHERE handle = 'alice'")
                #expect(try await logIn("caf\u{E9} au lait", auth) == 401)
                #expect(try await logIn("cafe\u{301} au lait", auth) == 200)
                #expect(try await logIn("caf\u{E9} au lait", auth) == 200)
            }
        }
    }
}
