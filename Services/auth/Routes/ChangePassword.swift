import Access
import Bus
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
            try await change(body, of: identity, by: guesses.address(of: request)) ? true : nil
        }
        guard changed != nil else {
            // 403: the caller is known, and a new log-in would not help.
            throw Problem(.forbidden, ErrorCode.invalidCredentials.rawValue, detail: "The password is wrong.")
        }
        return .noContent
    }

    /// False where the present password is another one.
    private func change(
        _ body: Body, of identity: Identity, by client: AddressKey
    ) async throws -> Bool {
        // Where somebody else changes it meanwhile, it is theirs that has to be known.
        for _ in 0..<3 {
            // Whose account is disabled may still have a token that another system has signed.
            guard let account = try await accounts.find(identity.user), !account.isDisabled else {
                throw ErrorCode.tokenInvalid
            }
            let verdict = try await passwords.verify(body.current, against: account.password, for: client)
            guard verdict != .mismatch, let old = account.password else { return false }
            let new = try await passwords.hash(body.new, for: client)
            let isReplaced = try await revocations.replacePassword(
                old, by: new, of: identity.user, keeping: identity.sessionID)
            if isReplaced { return true }
        }
        throw ErrorCode.overloaded
    }
}
