import Schema
import Testing
import Tokens

@testable import Bus

struct IdentityTests {
    private static let claims = TokenClaims(
        iss: "parley", aud: ["parley"], sub: "alice", exp: 2_000_000_000, iat: 1_900_000_000, sid: "s1",
        name: "Alice", roles: ["member"], rooms: ["general"])

    @Test func itSaysWhatTheTokenSays() {
        let identity = Identity(Self.claims)
        #expect(identity?.user.text == "alice")
        #expect(identity?.name == "Alice")
        #expect(identity?.sessionID == "s1")
        #expect(identity?.roles == ["member"])
        #expect(identity?.rooms == ["general"])
        #expect(identity?.expires == 2_000_000_000)
    }

    @Test(arguments: ["", "Alice", "a", "a b", "alice\u{0}"]) func aSubjectThatCanBeNoHandleIsNobody(
        subject: String
    ) {
        var claims = Self.claims
        claims.sub = subject
        #expect(Identity(claims) == nil)
    }

    /// What is reckoned with them must not overflow, whoever has written the ticket.
    @Test(
        arguments: [
            (0, 0), (2_000_000_000, 2_000_000_000), (.max, Int64(TokenClaims.timeRange.upperBound)),
            (.min, Int64(TokenClaims.timeRange.lowerBound)),
        ] as [(Int64, Int64)]) func theTimesOfATicketAreBounded(written: Int64, read: Int64)
    {
        let ticket: JSONValue = .object([
            "user": .string("alice"), "exp": .int(written), "iat": .int(written),
        ])
        let identity = Identity(ticket: ticket)
        #expect(identity?.expires == read)
        #expect(identity?.issuedAt == read)
    }

    @Test func aTextWithNULIsNobodysAnywhere() {
        let changes: [(inout TokenClaims) -> Void] = [
            { $0.name = "a\u{0}" }, { $0.sid = "\u{0}" }, { $0.roles = ["member", "admin\u{0}"] },
            { $0.rooms = ["general\u{0}"] },
        ]
        for change in changes {
            var claims = Self.claims
            change(&claims)
            #expect(Identity(claims) == nil)
        }
    }
}
