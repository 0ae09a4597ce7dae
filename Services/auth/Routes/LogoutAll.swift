import Engine
import Web

/// Answers `POST /auth/logout-all`: ends all login sessions of the caller.
struct LogoutAll: Operation {
    let bearer: Bearer
    let revocations: Revocations

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        try await revocations.endAll(of: identity, now: WallClock.milliseconds() / 1000)
        return .noContent
    }
}
