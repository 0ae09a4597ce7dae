import Bus
import Web

/// Answers `POST /auth/ticket`: a secret that opens one WebSocket, for browsers, which cannot send headers
/// with it.
struct IssueTicket: Operation {
    let bearer: Bearer
    let authority: Authority
    let seconds: Int

    private struct Answer: Encodable {
        let ticket: String
        let expiresIn: Int

        private enum CodingKeys: String, CodingKey {
            case ticket
            case expiresIn = "expires_in"
        }
    }

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let ticket = try await authority.issueTicket(to: identity, seconds: seconds)
        return .json(Answer(ticket: ticket, expiresIn: seconds), headers: ["Cache-Control": "no-store"])
    }
}
