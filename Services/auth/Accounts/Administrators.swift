import Engine
import Hosting
import Postgres
import Schema
import Tokens

/// Makes administrators: the first one of a cluster, and others by command.
struct Administrators {
    let accounts: PostgresAccounts
    let passwords: Passwords

    enum Outcome { case made, promoted }

    /// Makes an account that administers; one that is there becomes so, and keeps its password unless one is
    /// given.
    func make(_ user: UserHandle, password: String) async throws -> Outcome {
        let hash = try await passwords.hash(password)
        let account = Account(user: user, name: user.text, roles: Account.administratorRoles, password: hash)
        if try await accounts.insert(account) { return .made }
        try await accounts.promote(user, password: hash)
        return .promoted
    }

    /// Makes the first one, where there is none yet and its password is set.
    func makeFirst(_ user: UserHandle, password: Secret?, log: Log) async throws {
        guard try await !accounts.hasAdministrator() else { return }
        guard let password else {
            return log.info("no administrator yet; make one with: auth create-admin NAME")
        }
        _ = try await make(user, password: password.value)
        log.info("first administrator made", .user(user.text))
    }
}

/// Runs `auth create-admin NAME`.
struct CreateAdministrator: Sendable {
    let config: AuthConfig
    let log: Log

    /// Returns the exit code; the password is printed only where it was made up here.
    func run(named name: String, on loop: EventLoop) async throws -> Int32 {
        guard let user = UserHandle(name) else {
            throw StartFailure(
                "\(name.debugDescription) is no user name",
                advice: "Take 2 to 32 of a-z, 0-9, dot and hyphen, beginning with a letter or digit.",
                exitCode: 2)
        }
        let outcome = try await Errand(loop: loop, config: config).make(user)
        print(outcome)
        return 0
    }

    /// The work, on the loop on which the client lives.
    private actor Errand {
        private let loop: EventLoop
        private let config: AuthConfig

        init(loop: EventLoop, config: AuthConfig) {
            self.loop = loop
            self.config = config
        }

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        func make(_ user: UserHandle) async throws -> String {
            loop.preconditionCurrent()
            let postgres = PostgresClient(
                loop: loop, url: config.postgres, poolSize: 1, name: "parley-create-admin")
            postgres.start()
            try await postgres.migrate(Migrations.all, schema: Migrations.schema)
            let accounts = PostgresAccounts(postgres: postgres)
            let made = try Base64URL.encode(SecureRandom.bytes(18))
            let administrators = Administrators(
                accounts: accounts, passwords: try Passwords(cost: config.passwordCost, workers: 1))
            let isNew = try await accounts.find(user) == nil
            let given = config.administratorPassword?.value
            if given == nil, !isNew {
                try await accounts.promote(user, password: nil)
            } else {
                _ = try await administrators.make(user, password: given ?? made)
            }
            await postgres.close()
            return Self.sentence(user, isNew: isNew, made: given == nil ? made : nil)
        }

        private static func sentence(_ user: UserHandle, isNew: Bool, made: String?) -> String {
            switch (isNew, made) {
            case (true, let made?): "administrator \(user) made; password, shown this once: \(made)"
            case (true, nil): "administrator \(user) made, with the password of ADMIN_PASSWORD"
            case (false, .some): "\(user) is an administrator now; the password stays as it was"
            case (false, nil): "\(user) is an administrator now, with the password of ADMIN_PASSWORD"
            }
        }
    }
}
