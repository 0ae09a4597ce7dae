import Bus
import Redis
import Schema
import Tokens
import Web

/// Answers `POST /auth/ticket`: a secret that opens one WebSocket, for browsers, which cannot send headers
/// with it.
struct IssueTicket: Operation {
    let bearer: Bearer
    let redis: RedisClient
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
        let ticket = Base64URL.encode(try SecureRandom.bytes(32))
        let digest = Digest.sha256(Array(ticket.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        _ = try await redis.call(
            "SET", .text(Keys.ticket(sha256: digest.joined())), .bytes(identity.ticket.encoded), "EX",
            .int(Int64(seconds)))
        return .json(Answer(ticket: ticket, expiresIn: seconds), headers: ["Cache-Control": "no-store"])
    }
}
