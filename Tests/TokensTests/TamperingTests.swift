import Testing

@testable import Tokens

/// What a stranger can do to the text of a good token.
@Suite struct TamperingTests {
    private func isBelieved(_ verifier: TokenVerifier, _ token: some StringProtocol) -> Bool {
        (try? verifier.verify(token, now: now)) != nil
    }

    @Test("every character of a token matters, whatever takes its place", arguments: TokenAlgorithm.allCases)
    func everyCharacter(algorithm: TokenAlgorithm) throws {
        let (verifier, token) = try good(algorithm)
        #expect(isBelieved(verifier, token))
        let bytes = Array(token.utf8)
        // One of each class: letters, digit, the two symbols, standard base 64, padding, dot, space, line, NUL, control.
        for replacement in "Aa0-_+/=. \n\u{0}\u{7F}".utf8 {
            for position in bytes.indices where bytes[position] != replacement {
                var tampered = bytes
                tampered[position] = replacement
                #expect(!isBelieved(verifier, String(decoding: tampered, as: UTF8.self)), "at \(position)")
            }
        }
    }

    @Test("a cut, a lengthened and a rearranged token are refused", arguments: TokenAlgorithm.allCases)
    func shape(algorithm: TokenAlgorithm) throws {
        let (verifier, token) = try good(algorithm)
        for count in 0..<token.utf8.count {
            #expect(!isBelieved(verifier, token.prefix(count)))
        }
        let parts = token.split(separator: ".").map(String.init)
        for tampered in [
            token + ".", "." + token, token + " ", " " + token, token + "\n", token + "=", token + "A",
            token + ".AAAA",
            "..", "...", "", ".\(parts[1]).\(parts[2])", "\(parts[0])..\(parts[2])",
            "\(parts[0]).\(parts[1]).",
            "\(parts[1]).\(parts[0]).\(parts[2])", "Bearer " + token, token + "é",
            parts.joined(separator: "。"),
        ] {
            #expect(!isBelieved(verifier, tampered))
        }
    }

    @Test("a part of one token does not fit another")
    func mixing() throws {
        let (verifier, token) = try good(.hs256)
        var claims = goodClaims
        claims.roles = ["admin"]
        let stranger = try TokenSigner(hs256Secret: secret.reversed()).sign(claims)
        let ours = token.split(separator: ".")
        let theirs = stranger.split(separator: ".")
        #expect(throws: TokenError.invalid(.signature)) {
            try verifier.verify("\(ours[0]).\(theirs[1]).\(ours[2])", now: now)
        }
    }

    @Test("size is bounded before anything is read")
    func size() throws {
        let (verifier, _) = try good(.hs256)
        func padded(_ count: Int) throws -> String {
            let payload =
                #"{"iss":"https://chat.example","aud":"parley","sub":"alice","exp":1700000900,"x":"""#
            return try Forgery(payload: payload.dropLast() + String(repeating: "x", count: count) + #""}"#)
                .signed()
        }
        // 8,192 is reached from below, as base 64 lengths go in steps.
        let largest = try #require(
            try (5_900..<6_100).map { try padded($0) }.last { $0.utf8.count <= TokenVerifier.maxTokenBytes })
        #expect(largest.utf8.count >= 8_190)
        #expect(isBelieved(verifier, largest))
        #expect(throws: TokenError.invalid(.tooLarge)) { try verifier.verify(padded(6_100), now: now) }
        let huge = String(repeating: "a", count: 5_000_000)
        #expect(throws: TokenError.invalid(.tooLarge)) { try verifier.verify(huge, now: now) }
        #expect(throws: TokenError.invalid(.malformed)) {
            try verifier.verify(String(repeating: ".", count: 8_192), now: now)
        }
    }

    @Test("an error carries nothing of the token")
    func silence() throws {
        let (verifier, token) = try good(.hs256)
        for tampered in [token + "x", token.replacing(".", with: "!"), "alice.secret.x"] {
            let error = try #require(throws: TokenError.self) { try verifier.verify(tampered, now: now) }
            #expect(
                [
                    "invalid(Tokens.TokenError.Reason.malformed)",
                    "invalid(Tokens.TokenError.Reason.signature)",
                ].contains("\(error)"))
        }
    }

    private func good(_ algorithm: TokenAlgorithm) throws -> (TokenVerifier, String) {
        if algorithm == .hs256 {
            return (try secretVerifier(), try TokenSigner(hs256Secret: secret).sign(goodClaims))
        }
        let key = try SigningKey.generate(algorithm)
        return (keyVerifier(key.publicJWK), try TokenSigner(key: key).sign(goodClaims))
    }
}
