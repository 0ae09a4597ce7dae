public import Engine
public import Redis
internal import Schema
public import Tokens

/// Judges tokens by the keys and revocations that auth publishes, and takes tickets.
///
/// Belongs to its loop. Keys and revocations are held in memory: judging a token asks nobody. What was loaded stays
/// good while Redis is away.
public final class Authority {
    /// Called when tokens have been revoked, so that live connections of theirs end.
    public var onRevoked: ((Revocation) -> Void)?
    /// Called when all keys and revocations have been loaded anew: some may have been missed.
    public var onReloaded: (() -> Void)?

    private let settings: TokenSettings
    private let redis: RedisClient
    private let loop: EventLoop
    private var verifier: TokenVerifier?
    /// The keys as auth published them, and the signatures that these were found to have made.
    private var publishedKeys: [UInt8] = []
    private var known = KnownSignatures(limit: Authority.mostKnown)
    private var revocations = RevocationTable()
    private var isLoading = false
    private var mustLoadAgain = false
    private var willLookAgain = false
    private var isClosed = false
    /// Whether tokens can be judged.
    public private(set) var isReady = false

    /// Makes a judge that knows nothing until `load`.
    public init(settings: TokenSettings, loop: EventLoop, redis: RedisClient) throws(TokenError) {
        self.settings = settings
        self.loop = loop
        self.redis = redis
        if settings.algorithm == .hs256 {
            verifier = try TokenVerifier(
                hs256Secret: settings.secret, issuer: settings.issuer, audience: settings.audience)
        }
    }

    /// A wave of so many who come back is judged without verifying a signature again: 2 MB at most.
    private static let mostKnown = 32_768

    // MARK: Judging

    /// Who shows this token.
    public func identity(of token: some StringProtocol) -> Result<Identity, AuthenticationFailure> {
        guard isReady, let verifier else { return .failure(.unavailable) }
        do throws(TokenError) {
            let (claims, keyID) = try verifier.verify(token, now: Int(now), remembering: &known)
            guard let identity = Identity(claims, keyID: keyID) else { return .failure(.invalid) }
            return revocations.covers(identity) ? .failure(.revoked) : .success(identity)
        } catch .expired {
            return .failure(.expired)
        } catch {
            return .failure(.invalid)
        }
    }

    /// What speaks against a token that was good: it has been taken back since, or its key has.
    public func objection(to identity: Identity) -> AuthenticationFailure? {
        if revocations.covers(identity) { return .revoked }
        return verifier?.believes(keyID: identity.keyID) == false ? .invalid : nil
    }

    /// All revocations that are known and in force.
    public var revocationsInForce: [Revocation] { revocations.live(now: now) }

    /// Makes a one-time ticket, good for so many seconds.
    public func issueTicket(to identity: Identity, seconds: Int) async throws -> String {
        let ticket = Base64URL.encode(try SecureRandom.bytes(32))
        _ = try await redis.call(
            "SET", Self.key(ofTicket: ticket), .bytes(identity.ticket.encoded), "EX", .int(Int64(seconds)))
        return ticket
    }

    /// Takes a one-time ticket; a second time it is not good.
    public func redeem(ticket: String) async -> Result<Identity, AuthenticationFailure> {
        guard (16...128).contains(ticket.utf8.count) else { return .failure(.invalid) }
        guard let reply = try? await redis.call("GETDEL", Self.key(ofTicket: ticket)) else {
            return .failure(.unavailable)
        }
        guard let bytes = reply.bytes, let json = try? JSONValue(parsing: bytes),
            let identity = Identity(ticket: json)
        else { return .failure(.invalid) }
        return objection(to: identity).map { .failure($0) } ?? .success(identity)
    }

    private static func key(ofTicket ticket: String) -> RedisArgument {
        let digest = Digest.sha256(Array(ticket.utf8)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return .text(Keys.ticket(sha256: digest.joined()))
    }

    // MARK: Learning

    /// Hears of keys and revocations.
    public func hear(_ event: ControlEvent) {
        switch event {
        case .keys, .reload: load()
        case .revoked(let revocation):
            revocations.insert(revocation, now: now)
            onRevoked?(revocation)
        case .members, .room, .limits: break
        }
    }

    /// Loads all keys and revocations; tries until it has them.
    public func load() {
        guard !isClosed else { return }
        guard !isLoading else { return mustLoadAgain = true }
        isLoading = true
        weak let this = self
        loop.spawn { await this?.loadUntilDone() }
    }

    /// Ends the loading; nothing is learnt any more.
    public func close() { isClosed = true }

    private func loadUntilDone() async {
        repeat {
            mustLoadAgain = false
            while await !loadOnce() {
                await loop.sleep(milliseconds: 200)
                guard !isClosed else { return }
            }
        } while mustLoadAgain
        isLoading = false
        isReady = true
        onReloaded?()
    }

    private func loadOnce() async -> Bool {
        let isVouchedFor = await isVouchedFor()
        // A Redis that was restored knows revocations of the time of its copy only: whoever has heard of none himself
        // waits until auth has compared them.
        guard isReady || isVouchedFor else { return false }
        guard let revoked = try? await redis.call("HGETALL", .text(Keys.authRevoked)).array else {
            return false
        }
        for index in stride(from: 0, to: revoked.count - 1, by: 2) {
            guard let field = revoked[index].text, let value = revoked[index + 1].text,
                let revocation = Revocation(field: field, value: value)
            else { continue }
            revocations.insert(revocation, now: now)
        }
        revocations.prune(now: now)
        guard settings.algorithm != .hs256 else { return true }
        // Its keys are as old: by them, whoever shows a newer one would be put out.
        guard isVouchedFor else {
            lookAgain()
            return true
        }
        // Without keys nobody can be judged: a Redis that was emptied gets them again from auth.
        guard let json = try? await redis.call("GET", .text(Keys.authKeys)).bytes,
            let keys = try? KeySet(json: json), !keys.keys.isEmpty
        else { return verifier != nil }
        guard json != publishedKeys else { return true }
        publishedKeys = json
        // A signature of a key that has been taken back is good no more.
        known = KnownSignatures(limit: Self.mostKnown)
        verifier = TokenVerifier(keys: keys, issuer: settings.issuer, audience: settings.audience)
        return true
    }

    /// Until auth vouches for this run of Redis: nobody tells of that.
    private func lookAgain() {
        guard !willLookAgain else { return }
        willLookAgain = true
        weak let this = self
        loop.schedule(afterMilliseconds: 1_000) {
            this?.willLookAgain = false
            this?.load()
        }
    }

    /// Whether auth has compared what stands there in this run of Redis.
    private func isVouchedFor() async -> Bool {
        guard let run = try? await redis.call("GET", .text(Keys.authRun)).text else { return false }
        return run == redis.runID
    }

    private var now: Int64 { WallClock.milliseconds() / 1000 }
}

extension Identity {
    /// Reads what auth has written for a ticket; its times are within the range that a token's are in.
    init?(ticket json: JSONValue) {
        guard let user = json["user"]?.text.flatMap(UserHandle.init), let expires = json["exp"]?.time else {
            return nil
        }
        self.init(
            user: user, name: json["name"]?.text ?? user.text,
            roles: json["roles"]?.array?.compactMap(\.text) ?? [], sessionID: json["sid"]?.text,
            rooms: json["rooms"]?.array?.compactMap(\.text), issuedAt: json["iat"]?.time, expires: expires,
            keyID: json["kid"]?.text)
    }

    /// What auth writes for a ticket.
    fileprivate var ticket: JSONValue {
        var members: [String: JSONValue] = [
            "user": .string(user.text), "name": .string(name), "roles": .array(roles.map { .string($0) }),
            "exp": .int(expires),
        ]
        if let sessionID { members["sid"] = .string(sessionID) }
        if let rooms { members["rooms"] = .array(rooms.map { .string($0) }) }
        if let issuedAt { members["iat"] = .int(issuedAt) }
        if let keyID { members["kid"] = .string(keyID) }
        return .object(members)
    }
}

extension JSONValue {
    /// Seconds since 1970, as near as a token could say them.
    fileprivate var time: Int64? {
        let range = TokenClaims.timeRange
        return int.map { min(max($0, Int64(range.lowerBound)), Int64(range.upperBound)) }
    }
}
