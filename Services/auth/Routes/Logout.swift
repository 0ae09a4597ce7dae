import Bus
import Engine
import Web

/// Answers `POST /auth/logout`: ends this login session, its live connections too.
///
/// A token that belongs to no session, minted elsewhere, can only be taken back with all others of its user.
struct Logout: Operation {
    let bearer: Bearer
    let revocations: Revocations

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let now = WallClock.milliseconds() / 1000
        if let sessionID = identity.sessionID {
            try await revocations.endSessions([sessionID], expires: identity.expires, now: now)
        } else {
            try await revocations.endAll(of: identity, now: now)
        }
        return .noContent
    }
}
