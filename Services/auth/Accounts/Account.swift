import Schema

/// Somebody who can be written to, and, where there is a password, log in.
struct Account: Hashable, Sendable {
    static let memberRoles = ["member"]
    static let administratorRoles = ["admin", "member"]

    var user: UserHandle
    var name: String
    var roles: [String]
    /// The stored hash; nil for those whom only a shared-secret token vouches for.
    var password: String?
    /// Whether an operator has shut it: no password opens it.
    var isDisabled = false
}

/// An account as answers show it.
struct AccountView: Encodable {
    let id: String
    let name: String
    let roles: [String]

    init(_ account: Account) {
        id = account.user.text
        name = account.name
        roles = account.roles
    }
}
