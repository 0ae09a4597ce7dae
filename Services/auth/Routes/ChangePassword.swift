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
    let guesses: PasswordGuesses
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
        let changed = try await guesses.run(as: identity.user.text, by: request) {
            try await change(body, of: identity.user)
        }
        guard changed != nil else {
            // 403: the caller is known, and a new log-in would not help.
            throw Problem(.forbidden, ErrorCode.invalidCredentials.rawValue, detail: "The password is wrong.")
        }
        let others = try await revocations.liveSessions(of: identity.user).filter { $0 != identity.sessionID }
        try await revocations.endSessions(others, now: WallClock.milliseconds() / 1000)
        return .noContent
    }

    /// The account as it is then; nil where the present password is another one.
    private func change(_ body: Body, of user: UserHandle) async throws -> Account? {
        // Where somebody else changes it meanwhile, it is theirs that has to be known.
        for _ in 0..<3 {
            guard var account = try await accounts.find(user) else { throw ErrorCode.tokenInvalid }
            let verdict = try await passwords.verify(body.current, against: account.password)
            guard verdict != .mismatch, let old = account.password else { return nil }
            let new = try await passwords.hash(body.new)
            account.password = new
            if try await accounts.replacePassword(old, by: new, of: user) { return account }
        }
        throw ErrorCode.overloaded
    }
}
