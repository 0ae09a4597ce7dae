/// One declared setting: all that `--help` says of it and that the reader needs to find it.
struct Setting: Sendable, Equatable {
    /// How its value is looked up and shown.
    enum Kind: Sendable, Equatable {
        case plain
        case flag
        case url
        case secret
    }

    let name: String
    let kind: Kind
    /// The default as an operator would write it; `nil` where there is none.
    let defaultText: String?
    /// What values it takes, for `--help`: "1 to 65535", "seconds", "on or off".
    let values: String
    let help: String

    /// The flag that sets it: `REDIS_URL` is `--redis-url`.
    var flag: String { Setting.flag(name) }

    /// What may hold a password may also stand in a file that the variable with this name points to.
    var fileName: String? {
        switch kind {
        case .url, .secret: name + "_FILE"
        case .plain, .flag: nil
        }
    }

    static func flag(_ name: String) -> String {
        "--" + name.lowercased().map { $0 == "_" ? "-" : String($0) }.joined()
    }
}
