import Access
import Bus
import Engine
import Hosting
import MembershipFunctions
import Postgres
import Redis
import Schema
import Tokens
import Web

/// The parts of auth: made in order, started in order, stopped in reverse.
///
/// Lives on its loop.
final class Assembly {
    private let config: AuthConfig
    private let context: LaunchContext
    private let loop: EventLoop
    private let clock: () -> Instant
    private let metrics: AuthMetrics
    private let health: Health

    // What is outside.
    private let postgres: PostgresClient
    private let link: ClusterLink

    // Who one is.
    private let accounts: PostgresAccounts
    private let introductions: Introductions
    private let passwords: Passwords
    private let keys: KeyRing
    private let revocations: Revocations
    private let sessions: LoginSessions

    // Who is in which room, and who hears of it.
    private let rooms: PostgresRooms
    private let membership: Membership
    private let publisher: Publisher
    private let announcer: Announcer
    private let requests: RPCServer

    private var http: HTTPService?
    /// Whether migrations, keys and the first administrator are there.
    private var isSetUp = false
    /// Why the schema is not, as far as is known.
    private var schema = SchemaStanding()

    init(config: AuthConfig, context: LaunchContext, loop: EventLoop, clock: @escaping () -> Instant) throws {
        (self.config, self.context, self.loop, self.clock) = (config, context, loop, clock)
        let log = context.log
        metrics = AuthMetrics(registry: context.metrics)
        health = Health(loop: loop)

        postgres = PostgresClient(
            loop: loop, url: config.postgres, poolSize: config.postgresPool, name: "parley-auth")
        link = try ClusterLink(
            loop: loop, address: config.redis, tokens: config.tokens, name: "auth",
            libraries: [MembershipFunctions.library, ControlFunctions.library], log: log)
        let redis = link.redis

        rooms = PostgresRooms(postgres: postgres)
        let copy = RoomCopy(rooms: rooms, redis: redis)
        publisher = Publisher(
            loop: loop, postgres: postgres, redis: redis, copy: copy, log: log, metrics: metrics)
        membership = Membership(postgres: postgres, publisher: publisher)

        accounts = PostgresAccounts(postgres: postgres)
        introductions = Introductions(loop: loop, accounts: accounts)
        passwords = try Passwords(cost: config.passwordCost, workers: config.passwordWorkers)
        keys = KeyRing(
            postgres: postgres, settings: config.tokens, tokenLifetime: config.lifetimes.access)
        revocations = Revocations(
            postgres: postgres, authority: link.authority, publisher: publisher,
            lifetime: config.longestTokenSeconds,
            horizon: config.tokens.algorithm == .hs256 ? .unknown : .oneDay)
        let store = PostgresSessions(postgres: postgres)
        sessions = LoginSessions(
            store: store, revocations: revocations, keys: keys, lifetimes: config.lifetimes)

        announcer = Announcer(
            loop: loop, redis: redis, keys: keys, authority: link.authority, revocations: revocations,
            sessions: store, log: log, metrics: metrics)
        let answers = Requests(
            accounts: accounts, introductions: introductions, rooms: rooms,
            joins: Joins(loop: loop, postgres: postgres, publisher: publisher),
            loads: RoomLoads(loop: loop, copy: copy), redis: redis, log: log, metrics: metrics)
        requests = RPCServer(
            loop: loop, address: config.redis, service: "auth", instance: link.instance, redis: redis
        ) { type, data throws(ErrorCode) in try await answers.answer(type, data) }
        wire()
    }

    private func wire() {
        let (link, postgres, log) = (link, postgres, context.log)
        postgres.onConnectionFailure = { [place = config.postgres.description] in
            log.warn("cannot connect to postgres", ["address": .string(place), "reason": .string($0)])
        }
        link.onConnect = { [announcer, publisher] _ in
            announcer.announce()
            publisher.reconnected()
        }
        metrics.watch(passwords: passwords)
        weak let this = self
        link.add(to: health)
        health.check("postgres") {
            try await postgres.ping()
            if let reason = this?.schema.reason { throw reason }
            guard this?.isSetUp == true else { throw NotSetUp() }
        }
    }

    private struct NotSetUp: Error, CustomStringConvertible { let description = "not set up yet" }

    // MARK: Life

    /// Where it listens, once started.
    var port: Int { http?.port ?? 0 }

    /// Listens at once, so that the process can be asked how it is; returns when it is set up.
    func start() async throws {
        http = try HTTPService(loop: loop, context: context, routes: table())
        postgres.start()
        link.start()
        try await setUp()
        isSetUp = true
        announcer.start()
        publisher.start()
        requests.start()
        while !link.authority.isReady, !Task.isCancelled { await loop.sleep(milliseconds: 20) }
    }

    /// Migrations, keys, the first administrator: until PostgreSQL is there, again and again.
    private func setUp() async throws {
        var pause = 200
        while true {
            do {
                try await migrate()
                try await keys.load()
                return try await Administrators(
                    accounts: accounts, passwords: passwords
                ).makeFirst(
                    config.administrator, password: config.administratorPassword, log: context.log)
            } catch let error as PostgresError where error.isTransient {
                context.log.warn("waiting for postgres", .error(error))
            }
            await loop.sleep(milliseconds: pause)
            try Task.checkCancellation()
            pause = min(pause * 2, 2_000)
        }
    }

    private func migrate() async throws {
        do {
            try await postgres.migrate(Migrations.all, schema: Migrations.schema) { [log = context.log] in
                self.schema.began($0)
                if case .applying = $0 { log.info("migrating", ["progress": .string("\($0)")]) }
            }
            schema.ended()
        } catch {
            schema.failed(error)
            throw error
        }
    }

    /// Ends in order: what is being answered is answered, what was changed is told if Redis is there.
    func stop() async {
        health.isDraining = true
        requests.close()
        await http?.drain(withinMilliseconds: 5_000)
        announcer.close()
        publisher.close()
        await postgres.close()
        link.close()
    }

    // MARK: Addresses

    private func table() -> Routes {
        weak let this = self
        var routes = AuthRoutes { this?.isSetUp == true }
        routes.add(OperationsEndpoint(health: health, metrics: context.metrics))
        routes.log(to: context.log)
        let bearer = Bearer(
            callers: Callers(authority: link.authority),
            visitors: Visitors(introductions: introductions, isOpen: config.tokens.algorithm == .hs256))
        let guesses = PasswordGuesses(
            throttle: config.hasLimits ? LoginThrottle() : nil,
            failuresPerAddress: config.loginFailuresPerAddress, proxies: config.hosting.proxies, clock: clock
        ) { [metrics] in metrics.count(refusal: .loginFailures) }
        addAccounts(to: &routes, guesses)
        addSessions(to: &routes, bearer, guesses)
        addRooms(to: &routes, bearer)
        return routes.table
    }

    private func addAccounts(to routes: inout AuthRoutes, _ guesses: PasswordGuesses) {
        routes.on(
            .post, "/auth/register",
            Register(
                isOpen: config.isRegistrationOpen, accounts: accounts, passwords: passwords,
                sessions: sessions, guesses: guesses, metrics: metrics))
        routes.on(
            .post, "/auth/login",
            Login(
                accounts: accounts, passwords: passwords, sessions: sessions, guesses: guesses,
                metrics: metrics))
        routes.on(.post, "/auth/refresh", Refresh(sessions: sessions, metrics: metrics))
        routes.on(.get, "/.well-known/jwks.json", PublicKeys(keys: keys))
    }

    private func addSessions(
        to routes: inout AuthRoutes, _ bearer: Bearer, _ guesses: PasswordGuesses
    ) {
        routes.on(.get, "/auth/me", Me(bearer: bearer, accounts: accounts))
        routes.on(.get, "/users/{user}", GetUser(bearer: bearer, accounts: accounts))
        routes.on(.post, "/auth/logout", Logout(bearer: bearer, revocations: revocations))
        routes.on(.post, "/auth/logout-all", LogoutAll(bearer: bearer, revocations: revocations))
        routes.on(
            .post, "/auth/password",
            ChangePassword(
                bearer: bearer, accounts: accounts, passwords: passwords, guesses: guesses,
                revocations: revocations))
        routes.on(
            .post, "/auth/ticket",
            IssueTicket(bearer: bearer, authority: link.authority, seconds: config.lifetimes.ticket))
    }

    private func addRooms(to routes: inout AuthRoutes, _ bearer: Bearer) {
        let changes = RoomChanges(mostPerUser: config.roomChangesPerUser, clock: clock) { [metrics] in
            metrics.count(refusal: .roomChanges)
        }
        routes.on(.post, "/rooms", CreateRoom(bearer: bearer, changes: changes, rooms: rooms))
        routes.on(.get, "/rooms", ListRooms(bearer: bearer, rooms: rooms))
        routes.on(.get, "/rooms/{room}", GetRoom(bearer: bearer, rooms: rooms))
        routes.on(.get, "/rooms/{room}/members", ListMembers(bearer: bearer, rooms: rooms))
        routes.on(
            .put, "/rooms/{room}/members/{user}",
            PutMember(bearer: bearer, changes: changes, membership: membership))
        routes.on(
            .delete, "/rooms/{room}/members/{user}",
            DeleteMember(bearer: bearer, changes: changes, membership: membership))
    }
}
