import Access
import Bus
import Redis
import Schema
import Web

/// `/presence/limits`: the policies, for operators, and what is left, for everybody.
struct LimitRoutes {
    let callers: Callers
    let redis: RedisClient
    let policies: PolicyStore
    /// False: nothing is limited, whatever the policies say.
    let hasLimits: Bool

    func add(to routes: inout Routes) {
        routes.on(.get, "/presence/limits") { try await list($0) }
        routes.on(.put, "/presence/limits") { try await replace($0) }
        routes.on(.get, "/presence/limits/me") { try await mine($0) }
    }

    private func list(_ request: Request) async throws(Problem) -> Response {
        _ = try callers.administrator(of: request)
        return try await listing()
    }

    private func replace(_ request: Request) async throws(Problem) -> Response {
        _ = try callers.administrator(of: request)
        let change = try PolicyChange(request.json(JSONValue.self))
        do throws(RedisError) {
            try await policies.apply(change)
        } catch {
            throw Problem(error)
        }
        return try await listing()
    }

    private func mine(_ request: Request) async throws(Problem) -> Response {
        let caller = try callers.caller(of: request)
        let allowance: Allowance
        do throws(RedisError) {
            let policy = try await policies.read().policy(for: caller.roles)
            allowance =
                hasLimits
                ? try await .look(caller.user, policy, redis: redis) : .unlimited(policy)
        } catch {
            throw Problem(error)
        }
        var headers = allowance.headers
        headers["Cache-Control"] = "no-store"
        return .json(encoded: allowance.json, headers: headers)
    }

    private func listing() async throws(Problem) -> Response {
        do throws(RedisError) {
            return .json(encoded: try await policies.read().json, headers: ["Cache-Control": "no-store"])
        } catch {
            throw Problem(error)
        }
    }
}

extension LimitPolicies {
    /// The body of `GET /presence/limits`; `member` is always there.
    fileprivate var json: [UInt8] {
        var all = roles
        all["member"] = standard
        let policies = all.mapValues { policy -> JSONValue in
            ["messages": .int(Int64(policy.messages)), "seconds": .int(Int64(policy.seconds))]
        }
        return JSONValue.object(["policies": .object(policies)]).encoded
    }
}
