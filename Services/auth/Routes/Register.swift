import Schema
import Web

/// Answers `POST /auth/register`, unless the operator makes all accounts.
struct Register: Operation {
    let isOpen: Bool
    let accounts: PostgresAccounts
    let passwords: Passwords
    let sessions: LoginSessions
    let guesses: PasswordGuesses
    let metrics: AuthMetrics

    private struct Body: Decodable {
        let username: String
        let password: String
        let name: String?
    }

    func answer(_ request: Request) async throws -> Response {
        guard isOpen else {
            throw Problem(
                .forbidden, ErrorCode.forbidden.rawValue,
                detail: "Registration is closed here; ask an operator for an account.")
        }
        let body = try request.json(Body.self)
        let name = body.name ?? body.username
        var problems = AccountRules.problems(ofPassword: body.password)
        let user = UserHandle(body.username)
        if user == nil { problems.append(FieldError("username", "invalid")) }
        if body.name != nil { problems += AccountRules.problems(ofName: name) }
        guard let user, problems.isEmpty else { throw Problem.invalidFields(problems) }

        // Asked first, so that a name that is taken costs no hash; the insertion decides.
        guard try await accounts.find(user) == nil else { throw ErrorCode.usernameTaken }
        let account = Account(
            user: user, name: name, roles: Account.memberRoles,
            password: try await passwords.hash(body.password, for: guesses.address(of: request)))
        // At once: whose account were made and who were told of a failure would find their name taken at the next try.
        guard let login = try await sessions.register(account) else { throw ErrorCode.usernameTaken }
        metrics.countRegistration()
        return .json(
            login, status: .created,
            headers: ["Location": "/users/\(user)", "Cache-Control": "no-store"])
    }
}
