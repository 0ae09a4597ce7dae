import Testing

@testable import Tokens

@Suite struct StoredPasswordTests {
    private static let salt = "AAECAwQFBgcICQoLDA0ODw"
    private static let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

    @Test("a stored string comes back as it was")
    func roundTrip() throws {
        let text = "$scrypt$ln=17,r=8,p=1$\(Self.salt)$\(Self.key)"
        let stored = try #require(StoredPassword(text))
        #expect(stored.cost == .standard)
        #expect(stored.salt == Array(0..<16))
        #expect(stored.key == Array(0..<32))
        #expect(stored.text == text)
    }

    @Test(
        "costs that nobody can afford, or that are not numbers, are refused",
        arguments: [
            "ln=21,r=8,p=1", "ln=0,r=8,p=1", "ln=17,r=33,p=1", "ln=17,r=0,p=1", "ln=17,r=8,p=17",
            "ln=17,r=8,p=0",
            "ln=20,r=32,p=1", "ln=-1,r=8,p=1", "ln=017,r=8,p=1", "ln=+17,r=8,p=1", "ln=17 ,r=8,p=1",
            "ln=,r=8,p=1",
            "ln=99999999999999999999,r=8,p=1", "ln=17,r=8", "ln=17,r=8,p=1,x=1", "r=8,ln=17,p=1",
            "n=17,r=8,p=1",
            "", "ln=17,r=9223372036854775807,p=1",
        ])
    func costs(cost: String) {
        #expect(StoredPassword("$scrypt$\(cost)$\(Self.salt)$\(Self.key)") == nil)
    }

    @Test(
        "damaged strings are refused",
        arguments: [
            "", "$", "$$$$", "scrypt$ln=17,r=8,p=1$\(salt)$\(key)", "$scrypt$ln=17,r=8,p=1$\(salt)",
            "$scrypt$ln=17,r=8,p=1$\(salt)$\(key)$", "$argon2id$ln=17,r=8,p=1$\(salt)$\(key)",
            "$scrypt$ln=17,r=8,p=1$$\(key)", "$scrypt$ln=17,r=8,p=1$\(salt)$",
            "$scrypt$ln=17,r=8,p=1$\(salt)$AAAA",
            "$scrypt$ln=17,r=8,p=1$AAAA$\(key)", "$scrypt$ln=17,r=8,p=1$\(salt)==$\(key)",
            "$scrypt$ln=17,r=8,p=1$\(salt)$\(key)=", "$scrypt$ln=17,r=8,p=1$\(salt)$\(key) ",
        ])
    func damage(text: String) {
        #expect(StoredPassword(text) == nil)
    }
}
