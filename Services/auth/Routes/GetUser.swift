import Access
import Schema
import Web

/// Answers `GET /users/{user}`: to everybody who is logged in, as names stand beside messages.
struct GetUser: Operation {
    let bearer: Bearer
    let accounts: PostgresAccounts

    func answer(_ request: Request) async throws -> Response {
        _ = try await bearer.identity(of: request)
        guard let account = try await accounts.find(try request.user) else { throw ErrorCode.userNotFound }
        return .json(AccountView(account))
    }
}
