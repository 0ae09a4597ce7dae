import Testing

@testable import Tokens

@Suite struct Base64URLTests {
    @Test(
        "bytes have the text of RFC 4648, section 10, without padding",
        arguments: zip(
            ["", "f", "fo", "foo", "foob", "fooba", "foobar"],
            ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"]))
    func vectors(plain: String, text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
        #expect(Base64URL.decode(text) == Array(plain.utf8))
    }

    @Test("the two alphabets differ in their last symbols")
    func alphabets() {
        #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
        #expect(Base64Alphabet.standard.encode([0xFB, 0xFF]) == "+/8")
    }

    @Test("every byte comes back, at every length")
    func roundTrip() {
        for count in 0...67 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test(
        "what is not canonical is refused",
        arguments: [
            "Zg==", "Zm8=", "Z", "A", "AAAAA", "Zm9vY", "Zh", "Zm9", "Zm 8", "Zm8\n", "Z+8v", "Z/8v", "Zm9é",
            "\u{0}Zg",
        ])
    func refused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
