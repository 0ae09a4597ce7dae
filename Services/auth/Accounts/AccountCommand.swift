import Engine
import Hosting
import Postgres
import Schema
import Tokens

/// Runs `auth create-admin NAME` and its like, on PostgreSQL: beside a running auth, or without one.
///
/// A password is made up here, and printed once. That of `ADMIN_PASSWORD` belongs to the first administrator alone:
/// in containers it stands in the environment of every command.
struct AccountCommand: Sendable {
    enum Verb: Sendable {
        /// Makes an administrator; an account that is there becomes one, and keeps its password.
        case createAdministrator
        /// Makes an account of a member.
        case createUser
        /// Gives an account another password, and ends its login sessions.
        case resetPassword
        /// Ends all login sessions of an account, and opens none until it is enabled.
        case disableUser
        /// Lets somebody in again.
        case enableUser
    }

    let verb: Verb
    let config: AuthConfig

    /// Returns the exit code; prints what has been done.
    func run(named name: String, on loop: EventLoop) async throws -> Int32 {
        guard let user = UserHandle(name) else {
            throw StartFailure(
                "\(name.debugDescription) is no user name",
                advice: "Take 2 to 32 of a-z, 0-9, dot and hyphen, beginning with a letter or digit.",
                exitCode: 2)
        }
        print(try await Errand(loop: loop, config: config).run(verb, user))
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

        func run(_ verb: Verb, _ user: UserHandle) async throws -> String {
            loop.preconditionCurrent()
            let postgres = PostgresClient(
                loop: loop, url: config.postgres, poolSize: 1, name: "parley-account-command")
            postgres.start()
            try await postgres.migrate(Migrations.all, schema: Migrations.schema)
            let accounts = PostgresAccounts(postgres: postgres)
            let outcome = try await perform(verb, user, accounts)
            let isDisabled = try await accounts.find(user)?.isDisabled ?? false
            await postgres.close()
            let isNews = isDisabled && verb != .disableUser
            return outcome + (isNews ? "\n\(user) is disabled; auth enable-user \(user) lets them in" : "")
        }

        private func perform(
            _ verb: Verb, _ user: UserHandle, _ accounts: PostgresAccounts
        ) async throws -> String {
            switch verb {
            case .createAdministrator:
                let roles = Account.administratorRoles
                if try await grant(roles, to: user, accounts) {
                    return "\(user) is an administrator now; the password stays as it was"
                }
                return "administrator \(user) made; \(try await make(user, roles, accounts))"
            case .createUser:
                return "account \(user) made; \(try await make(user, Account.memberRoles, accounts))"
            case .resetPassword:
                let (password, hash) = try await makeUp()
                try await require(grant([], password: hash, to: user, accounts), user)
                return "\(user) is logged out everywhere; \(password)"
            case .disableUser:
                try await require(accounts.disable(user), user)
                return "\(user) is disabled and logged out everywhere; auth enable-user \(user) undoes that"
            case .enableUser:
                try await require(accounts.enable(user), user)
                return "\(user) is enabled, and may log in again"
            }
        }

        private func require(_ isThere: Bool, _ user: UserHandle) throws {
            guard isThere else {
                throw StartFailure(
                    "there is no account \(user)", advice: "auth create-user \(user) makes one.")
            }
        }

        private func grant(
            _ roles: [String], password: String? = nil, to user: UserHandle, _ accounts: PostgresAccounts
        ) async throws -> Bool {
            try await accounts.grant(roles, password: password, to: user)
        }

        private func make(
            _ user: UserHandle, _ roles: [String], _ accounts: PostgresAccounts
        ) async throws -> String {
            let (password, hash) = try await makeUp()
            let account = Account(user: user, name: user.text, roles: roles, password: hash)
            guard try await accounts.insert(account) else {
                throw StartFailure(
                    "there is an account \(user) already",
                    advice: "auth reset-password \(user) gives it another password.")
            }
            return password
        }

        /// A password, as it is told, and its hash.
        private func makeUp() async throws -> (told: String, hash: String) {
            let password = try Base64URL.encode(SecureRandom.bytes(18))
            let passwords = try Passwords(cost: config.passwordCost, workers: 1)
            return ("password, shown this once: \(password)", try await passwords.hash(password, for: nil))
        }
    }
}
