import Access
import Bus
import Engine
import Schema
import Tokens
import Web

/// Answers `POST /auth/password`: all other login sessions end.
struct ChangePassword: Operation {
    let bearer: Bearer
    let accounts: PostgresAccounts
    let passwords: Passwords
    let revocations: Revocations

    private struct Body: Decodable {
        let current: String
        let new: String

        private enum CodingKeys: String, CodingKey {
            case current = "current_password"
            case new = "new_password"
        }
    }

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let body = try request.json(Body.self)
        let problems = AccountRules.problems(ofPassword: body.new, field: "new_password")
        guard problems.isEmpty else { throw Problem.invalidFields(problems) }
        guard let account = try await accounts.find(identity.user) else { throw ErrorCode.tokenInvalid }
        guard try await passwords.verify(body.current, against: account.password) != .mismatch else {
            // 403: the caller is known, and a new log-in would not help.
            throw Problem(.forbidden, ErrorCode.invalidCredentials.rawValue, detail: "The password is wrong.")
        }
        try await accounts.setPassword(try await passwords.hash(body.new), of: identity.user)
        let others = try await revocations.liveSessions(of: identity.user).filter { $0 != identity.sessionID }
        try await revocations.endSessions(others, now: WallClock.milliseconds() / 1000)
        return .noContent
    }
}
