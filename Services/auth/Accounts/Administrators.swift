import Hosting
import Schema

/// Makes the first administrator of a cluster; others are made by command (`AccountCommand`).
struct Administrators {
    let accounts: PostgresAccounts
    let passwords: Passwords

    /// Makes the first one, where there is none yet and its password is set.
    ///
    /// An account that has the name becomes it, with that password.
    func makeFirst(_ user: UserHandle, password: Secret?, log: Log) async throws {
        guard try await !accounts.hasAdministrator() else { return }
        guard let password else {
            return log.info("no administrator yet; make one with: auth create-admin NAME")
        }
        let hash = try await passwords.hash(password.value, for: nil)
        let roles = Account.administratorRoles
        let account = Account(user: user, name: user.text, roles: roles, password: hash)
        if try await !accounts.insert(account) {
            _ = try await accounts.grant(roles, password: hash, to: user)
        }
        log.info("first administrator made", .user(user.text))
    }
}
