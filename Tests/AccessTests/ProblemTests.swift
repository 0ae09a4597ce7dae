import Bus
import Redis
import Schema
import Testing
import Web

@testable import Access

struct ProblemTests {
    @Test(arguments: ErrorCode.allCases) func everyCodeHasItsAnswer(code: ErrorCode) {
        let problem = Problem(code)
        #expect(problem.code == code.rawValue)
        #expect(problem.status == Status(code.httpStatus))
        #expect(problem.detail == code.text)
        #expect((problem.headers["WWW-Authenticate"] != nil) == (code.httpStatus == 401))
        #expect((problem.response.headers["Retry-After"] != nil) == [429, 503].contains(code.httpStatus))
        #expect(problem.response.headers["Content-Type"] == "application/problem+json")
    }

    @Test func aWaitThatIsKnownIsTold() {
        #expect(Problem(ErrorCode.rateLimited, retryAfterSeconds: 7).retryAfterSeconds == 7)
        #expect(Problem(ErrorCode.rateLimited).retryAfterSeconds == 1)
    }

    private static let badToken = #"Bearer realm="parley", error="invalid_token", error_description="#

    @Test(
        arguments: [
            (.missing, #"Bearer realm="parley""#), (.unavailable, nil),
            (.invalid, badToken + #""The token is not valid.""#),
            (.expired, badToken + #""The token has expired.""#),
            (.revoked, badToken + #""The token has been revoked.""#),
        ] as [(AuthenticationFailure, String?)])
    func aChallengeNamesAnErrorWhereATokenWasShown(failure: AuthenticationFailure, challenge: String?) {
        let problem = Problem(failure)
        #expect(problem.code == failure.code.rawValue)
        #expect(problem.headers["WWW-Authenticate"] == challenge)
    }

    @Test(arguments: [
        (BusError.timeout, ErrorCode.serviceUnavailable), (.redis(.unavailable), .serviceUnavailable),
        (.redis(.server("OOM command not allowed")), .overloaded), (.refused(.roomNotFound), .roomNotFound),
        (.refused(.busUnavailable), .serviceUnavailable), (.malformed, .internalError),
    ])
    func anOutageHasOneWord(error: BusError, code: ErrorCode) {
        #expect(Problem(error) == Problem(code))
    }

    @Test func aWrongMemberOfAQueryIsNamed() {
        let problem = Problem.invalid("ids", "too_many", "At most 200 at once.")
        #expect(problem.code == "invalid_field")
        #expect(problem.errors == [FieldError("ids", "too_many", message: "At most 200 at once.")])
    }
}
