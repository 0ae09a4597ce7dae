import Testing

@testable import Tokens

@Suite struct DigestTests {
    @Test("SHA-256 of abc (FIPS 180-4)")
    func sha256() {
        let expected = bytes(hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Digest.sha256(Array("abc".utf8)) == expected)
        #expect(Digest.sha256(Array("abc".utf8), first: 12) == Array(expected.prefix(12)))
        // What was digested before is no part of it.
        let digester = Digester()
        var digests: [UInt8] = []
        for _ in 0..<2 {
            Array("abc".utf8).withUnsafeBytes { digester.add(sha256: $0, first: 12, to: &digests) }
        }
        #expect(digests == Array(expected.prefix(12) + expected.prefix(12)))
    }

    @Test("HMAC-SHA-256, RFC 4231 case 2")
    func hmac() throws {
        let code = try Digest.hmacSHA256("what do ya want for nothing?".utf8, key: Array("Jefe".utf8))
        #expect(code == bytes(hex: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"))
    }

    @Test("random bytes have the length asked for and do not repeat")
    func random() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        #expect(try SecureRandom.bytes(32).count == 32)
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }

    @Test("comparison sees every byte and the length")
    func comparison() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2]))
    }
}
