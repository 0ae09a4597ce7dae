import Bus
import Engine
import Hosting
import Redis
import Schema
import Support
import Testing
import Tokens
import Web

@testable import Access

@Suite(.serialized) struct ClusterLinkTests {
    private static let signer = Result {
        try TokenSigner(hs256Secret: Array("a secret of more than thirty-two bytes".utf8))
    }

    private static let tokens = TokenSettings(
        algorithm: .hs256, secret: Array("a secret of more than thirty-two bytes".utf8), issuer: "parley",
        audience: "parley")

    private func withLink(
        _ body: nonisolated(nonsending) @escaping @Sendable (EventLoop, ClusterLink) async throws -> Void
    ) async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let link = try ClusterLink(
                loop: loop, address: try RedisAddress(url: server.url), tokens: Self.tokens, name: "test",
                log: .silent)
            link.start()
            let isConnected = await eventually(on: loop) { link.redis.isConnected }
            #expect(isConnected)
            try await link.redis.vouchForRevocations()
            let isReady = await eventually(on: loop) { link.authority.isReady }
            #expect(isReady)
            try await body(loop, link)
            link.close()
        }
    }

    /// A Redis set back, or emptied, may lack revocations.
    @Test func nobodyIsJudgedBeforeAuthVouchesForThisRun() async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let link = try ClusterLink(
                loop: loop, address: try RedisAddress(url: server.url), tokens: Self.tokens, name: "test",
                log: .silent)
            let callers = Callers(authority: link.authority)
            let alice = try Self.request("alice", session: "s-1")
            let auth = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "auth")
            auth.start()
            let isUp = await eventually(on: loop) { auth.isConnected }
            #expect(isUp)
            _ = try await auth.call("SET", .text(Keys.authRun), "another run")
            link.start()
            let isCurrent = await eventually(on: loop) { link.redis.isConnected && link.control.isCurrent }
            #expect(isCurrent)
            // By now its questions have been answered: commands are carried out in order.
            for _ in 0..<5 { _ = try await link.redis.call("PING") }
            #expect(!link.authority.isReady)
            #expect(throws: Problem(ErrorCode.serviceUnavailable)) { try callers.caller(of: alice) }
            let revocation = Revocation(.session("s-1"), expires: .max).field
            _ = try await link.redis.call(
                "HSET", .text(Keys.authRevoked), .text(revocation.name), .text(revocation.value))
            try await link.redis.vouchForRevocations()
            let isReady = await eventually(on: loop) { link.authority.isReady }
            #expect(isReady)
            #expect(throws: Problem(ErrorCode.tokenRevoked)) { try callers.caller(of: alice) }
            auth.close()
            link.close()
        }
    }

    private static func request(_ user: String, roles: [String] = [], session: String? = nil) throws
        -> Request
    {
        let now = Int(WallClock.milliseconds() / 1_000)
        let claims = TokenClaims(
            iss: "parley", aud: ["parley"], sub: user, exp: now + 600, iat: now, sid: session, roles: roles)
        let token = try signer.get().sign(claims)
        return try #require(Request(.get, "/", headers: ["Authorization": "Bearer \(token)"]))
    }

    @Test func callersAreWhoTheirTokensSay() async throws {
        try await withLink { _, link in
            let callers = Callers(authority: link.authority)
            let alice = try Self.request("alice")
            #expect(try callers.caller(of: alice).user == handle("alice"))
            #expect(throws: Problem(ErrorCode.forbidden)) { try callers.administrator(of: alice) }
            let root = try Self.request("root", roles: ["admin"])
            #expect(try callers.administrator(of: root).user == handle("root"))
            let nobody = try #require(Request(.get, "/"))
            #expect(throws: Problem(ErrorCode.tokenMissing)) { try callers.caller(of: nobody) }
            let liar = try #require(Request(.get, "/", headers: ["Authorization": "Bearer x.y.z"]))
            #expect(throws: Problem(ErrorCode.tokenInvalid)) { try callers.caller(of: liar) }
        }
    }

    @Test func theJudgeHearsOfRevocations() async throws {
        try await withLink { loop, link in
            let callers = Callers(authority: link.authority)
            let alice = try Self.request("alice", session: "s-1")
            #expect(try callers.caller(of: alice).sessionID == "s-1")
            try await ControlLog.append(
                .revoked(Revocation(.session("s-1"), expires: .max)), to: link.redis)
            let isHeard = await eventually(on: loop) { (try? callers.caller(of: alice)) == nil }
            #expect(isHeard)
            #expect(throws: Problem(ErrorCode.tokenRevoked)) { try callers.caller(of: alice) }
        }
    }

    /// Also where another key has taken its name over: what it has signed is known no more.
    @Test func whatATakenBackKeyHasSignedIsGoodNoMore() async throws {
        try await onLoop { loop in
            let server = try RedisServer()
            let tokens = TokenSettings(algorithm: .eddsa, secret: [], issuer: "parley", audience: "parley")
            let link = try ClusterLink(
                loop: loop, address: try RedisAddress(url: server.url), tokens: tokens, name: "test",
                log: .silent)
            link.start()
            let isConnected = await eventually(on: loop) { link.redis.isConnected }
            try #require(isConnected)
            let (key, other) = (try SigningKey.generate(.eddsa), try SigningKey.generate(.eddsa))
            let published = String(decoding: try KeySet(keys: [key.publicJWK]).json(), as: UTF8.self)
            let usurped = String(decoding: try KeySet(keys: [other.publicJWK]).json(), as: UTF8.self)
                .replacing(other.kid, with: key.kid)
            _ = try await link.redis.call("SET", .text(Keys.authKeys), .text(published))
            try await link.redis.vouchForRevocations()
            let isReady = await eventually(on: loop) { link.authority.isReady }
            try #require(isReady)
            let now = Int(WallClock.milliseconds() / 1_000)
            let token = try TokenSigner(key: key).sign(
                TokenClaims(iss: "parley", aud: ["parley"], sub: "alice", exp: now + 600, iat: now))
            // Twice, so that it is known.
            for _ in 0..<2 { _ = try link.authority.identity(of: token).get() }
            let identity = try link.authority.identity(of: token).get()
            #expect(link.authority.objection(to: identity) == nil)
            _ = try await link.redis.call("SET", .text(Keys.authKeys), .text(usurped))
            try await ControlLog.append(.keys, to: link.redis)
            let isGoodNoMore = await eventually(on: loop) {
                link.authority.identity(of: token) == .failure(.invalid)
            }
            #expect(isGoodNoMore)
            let others = String(decoding: try KeySet(keys: [other.publicJWK]).json(), as: UTF8.self)
            _ = try await link.redis.call("SET", .text(Keys.authKeys), .text(others))
            try await ControlLog.append(.keys, to: link.redis)
            let isObjectedTo = await eventually(on: loop) {
                link.authority.objection(to: identity) == .invalid
            }
            #expect(isObjectedTo)
            // Nor what Redis has before auth has compared it: a file of yesterday, say.
            _ = try await link.redis.call("SET", .text(Keys.authRun), "another")
            _ = try await link.redis.call("SET", .text(Keys.authKeys), .text(published))
            var reloads = 0
            link.authority.onReloaded = { reloads += 1 }
            try await ControlLog.append(.keys, to: link.redis)
            let isLookedAt = await eventually(on: loop) { reloads > 0 }
            #expect(isLookedAt)
            #expect(link.authority.objection(to: identity) == .invalid)
            try await link.redis.vouchForRevocations()
            let isTaken = await eventually(on: loop) { link.authority.objection(to: identity) == nil }
            #expect(isTaken)
            link.close()
        }
    }

    @Test func aTicketIsGoodOnce() async throws {
        try await withLink { _, link in
            let alice = Identity(
                user: handle("alice"), name: "Alice", roles: ["member"], sessionID: "s-1", rooms: ["general"],
                issuedAt: 1, expires: 2, keyID: "k")
            let ticket = try await link.authority.issueTicket(to: alice, seconds: 30)
            let first = await link.authority.redeem(ticket: ticket)
            #expect(first == .success(alice))
            let second = await link.authority.redeem(ticket: ticket)
            #expect(second == .failure(.invalid))
        }
    }

    @Test func outsidersFindNoRoom() async throws {
        try await withLink { loop, link in
            let room = room("general")
            let run = try #require(link.redis.runID)
            try await link.redis.load(room, members: [("alice", "member")], run: run, visibility: "public")
            let rpc = RPCClient(
                loop: loop, address: try RedisAddress(url: "redis://127.0.0.1:1"), name: "test",
                redis: link.redis, replyID: link.instance)
            let directory = RoomDirectory(redis: link.redis, rpc: rpc)
            for (name, refusal) in [("alice", nil), ("mallory", Problem(ErrorCode.roomNotFound))] {
                let caller = Identity(
                    user: handle(name), name: name, roles: [], sessionID: nil, expires: 0)
                var found: Problem?
                do throws(Problem) { try await directory.requireMember(caller, of: room) } catch {
                    found = error
                }
                #expect(found == refusal)
            }
        }
    }

    @Test func everyRunHasANameOfItsOwn() async throws {
        try await onLoop { loop in
            let address = try RedisAddress(url: "redis://127.0.0.1:1")
            let names = try (0..<20).map { _ in
                try ClusterLink(
                    loop: loop, address: address, tokens: Self.tokens, name: "auth", log: .silent
                ).instance
            }
            #expect(Set(names).count == names.count)
            #expect(names.allSatisfy { $0.hasPrefix("auth.") && $0.utf8.count == 17 })
        }
    }
}
