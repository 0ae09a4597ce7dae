import Schema
import Web

/// Answers `POST /auth/refresh`.
struct Refresh: Operation {
    let sessions: LoginSessions
    let metrics: AuthMetrics

    private struct Body: Decodable {
        let refreshToken: String

        private enum CodingKeys: String, CodingKey { case refreshToken = "refresh_token" }
    }

    func answer(_ request: Request) async throws -> Response {
        let body = try request.json(Body.self)
        do {
            guard let token = RefreshToken(body.refreshToken) else { throw ErrorCode.tokenInvalid }
            let answer = try await sessions.refresh(token)
            metrics.count(refresh: .success)
            return .json(answer, headers: ["Cache-Control": "no-store"])
        } catch let code as ErrorCode {
            metrics.count(refresh: .refused)
            throw code
        }
    }
}
