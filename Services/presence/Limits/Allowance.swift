import Bus
import PresenceFunctions
import Redis
import Schema
import Web

/// What is left of somebody's message limit.
struct Allowance: Equatable, Sendable {
    var policy: LimitPolicy
    /// Messages accepted within the window that ends now.
    var sent: Int
    /// Seconds until the next message would pass, rounded up; 0: it would pass now.
    var secondsUntilReset: Int

    /// Nobody counts: as much as one likes.
    static func unlimited(_ policy: LimitPolicy) -> Allowance {
        Allowance(policy: LimitPolicy(messages: 0, seconds: policy.seconds), sent: 0, secondsUntilReset: 0)
    }

    /// Looks, taking nothing.
    static func look(_ user: UserHandle, _ policy: LimitPolicy, redis: RedisClient) async throws(RedisError)
        -> Allowance
    {
        guard policy.messages > 0 else { return .unlimited(policy) }
        let window = Int64(policy.seconds) * 1000
        let reply = try await redis.function(
            LimitFunctions.look, keys: [.text(Keys.limit(user))],
            arguments: [.int(Int64(policy.messages)), .int(window)])
        guard let sent = reply[1].int.flatMap({ Int(exactly: $0) }), let wait = reply[2].int else {
            throw .protocolViolation
        }
        return Allowance(
            policy: policy, sent: sent, secondsUntilReset: Allowance.seconds(min(max(wait, 0), window)))
    }

    /// The body of `GET /presence/limits/me`.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.object { body in
            body.member("messages_sent", sent)
            body.member("max_messages", policy.messages)
            body.member("window_seconds", policy.seconds)
            body.member("time_until_reset", secondsUntilReset)
        }
        return writer.bytes
    }

    /// The fields of draft-ietf-httpapi-ratelimit-headers; none where there is no limit.
    var headers: Headers {
        guard policy.messages > 0 else { return [:] }
        let rest = max(0, policy.messages - sent)
        return [
            "RateLimit-Policy": "\"messages\";q=\(policy.messages);w=\(policy.seconds)",
            "RateLimit": "\"messages\";r=\(rest);t=\(secondsUntilReset)",
        ]
    }

    private static func seconds(_ milliseconds: Int64) -> Int { Int((milliseconds + 999) / 1000) }
}
