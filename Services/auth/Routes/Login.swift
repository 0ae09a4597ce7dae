import Schema
import Tokens
import Web

/// Answers `POST /auth/login`.
struct Login: Operation {
    let accounts: PostgresAccounts
    let passwords: Passwords
    let sessions: LoginSessions
    let guesses: PasswordGuesses
    let metrics: AuthMetrics

    private struct Body: Decodable {
        let username: String
        let password: String
    }

    func answer(_ request: Request) async throws -> Response {
        let body = try request.json(Body.self)
        let login: LoginAnswer?
        do {
            login = try await guesses.run(as: body.username, by: request) {
                try await opened(body, by: guesses.address(of: request))
            }
        } catch let error as TooMany {
            metrics.count(login: .throttled)
            throw error
        }
        metrics.count(login: login == nil ? .failure : .success)
        guard let login else { throw ErrorCode.invalidCredentials }
        return .json(login, headers: ["Cache-Control": "no-store"])
    }

    /// A session, if name and password are right.
    private func opened(_ body: Body, by client: AddressKey) async throws -> LoginAnswer? {
        // Who changes a password ends the sessions that it has opened: one that was changed meanwhile opens none.
        for _ in 0..<3 {
            guard let account = try await verified(body, by: client) else { return nil }
            if let answer = try await sessions.open(for: account) { return answer }
        }
        throw ErrorCode.overloaded
    }

    /// The account, if there is one and this is its password; what is missing takes as long as what is wrong.
    private func verified(_ body: Body, by client: AddressKey) async throws -> Account? {
        var account: Account?
        if let user = UserHandle(body.username) { account = try await accounts.find(user) }
        switch try await passwords.verify(body.password, against: account?.password, for: client) {
        case .mismatch: return nil
        // In the same words, and after the same time, as a wrong password.
        case .match where account?.isDisabled == true: return nil
        case .match(let needsRehash):
            return needsRehash ? await rehashed(account, body.password, by: client) : account
        }
    }

    /// The account, hashed anew, as the cost has been changed since: the log-in goes on where this does not succeed.
    private func rehashed(
        _ account: Account?, _ password: String, by client: AddressKey
    ) async -> Account? {
        guard var rehashed = account, let old = rehashed.password,
            let new = try? await passwords.hash(password, for: client),
            let isReplaced = try? await accounts.replacePassword(old, by: new, of: rehashed.user), isReplaced
        else { return account }
        rehashed.password = new
        return rehashed
    }
}
