import Testing

@testable import Tokens

@Suite struct PasswordHasherTests {
    private let hasher = PasswordHasher(cost: .floor)

    @Test(
        "the vectors of RFC 7914, section 12 that a test can afford",
        arguments: [
            (
                "", "", 16, 1, 1,
                """
                77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442\
                fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906
                """
            ),
            (
                "password", "NaCl", 1_024, 8, 16,
                """
                fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162\
                2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640
                """
            ),
            (
                "pleaseletmein", "SodiumChloride", 16_384, 8, 1,
                """
                7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2\
                d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887
                """
            ),
        ])
    func vectors(password: String, salt: String, n: Int, r: Int, p: Int, key: String) throws {
        let cost = try #require(ScryptParameters(n: n, r: r, p: p))
        let derived = try Scrypt.derive(
            password: Array(password.utf8), salt: Array(salt.utf8), cost: cost, count: 64)
        #expect(derived == bytes(hex: key))
    }

    @Test("the standard cost fits into the memory we allow OpenSSL")
    func standardCost() throws {
        #expect(ScryptParameters.standard.n == 1 << 17)
        #expect((128 << 20...160 << 20).contains(ScryptParameters.standard.memoryBytes))
        let stored = try PasswordHasher().hash("correct horse")
        #expect(stored.hasPrefix("$scrypt$ln=17,r=8,p=1$"))
        #expect(try PasswordHasher().verify("correct horse", against: stored) == .match(needsRehash: false))
    }

    @Test(
        "a password matches its hash and no other does", arguments: ["", "secret", "pässwörd 🔑", "a\u{0}b"])
    func matching(password: String) throws {
        let stored = try hasher.hash(password)
        #expect(try hasher.verify(password, against: stored) == .match(needsRehash: false))
        #expect(try hasher.verify(password + "x", against: stored) == .mismatch)
        #expect(try hasher.verify("a", against: stored) == .mismatch)
    }

    @Test("the same password is stored differently each time")
    func ownSalt() throws {
        #expect(try hasher.hash("secret") != hasher.hash("secret"))
    }

    @Test("a hash of another cost matches and asks for a new one")
    func rehash() throws {
        let dearer = PasswordHasher(cost: try #require(ScryptParameters(ln: 15, r: 8, p: 1)))
        let stored = try hasher.hash("secret")
        #expect(try dearer.verify("secret", against: stored) == .match(needsRehash: true))
        #expect(try dearer.verify("other", against: stored) == .mismatch)
    }

    @Test("a cost below the floor counts as the floor")
    func floor() throws {
        #expect(PasswordHasher(cost: try #require(ScryptParameters(ln: 4, r: 1, p: 1))).cost == .floor)
        #expect(try hasher.hash("x").hasPrefix("$scrypt$ln=14,r=8,p=1$"))
    }

    @Test("nothing matches a decoy, which costs as much as a hash")
    func decoy() throws {
        let decoy = try #require(StoredPassword(try hasher.decoy()))
        #expect(decoy.cost == hasher.cost)
        #expect(try hasher.verify("", against: decoy.text) == .mismatch)
    }

    @Test("a damaged row is told apart from a wrong password")
    func damaged() {
        #expect(throws: TokenError.unreadableHash) { try hasher.verify("x", against: "$2b$12$abc") }
    }
}
