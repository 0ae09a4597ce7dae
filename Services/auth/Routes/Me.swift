import Bus
import Schema
import Web

/// Answers `GET /auth/me`.
struct Me: Operation {
    let bearer: Bearer
    let accounts: PostgresAccounts

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        guard let account = try await accounts.find(identity.user) else { throw ErrorCode.tokenInvalid }
        return .json(AccountView(account), headers: ["Cache-Control": "no-store"])
    }
}
