import CPostgres

/// Where the server is and how to log in: `postgres://user:password@host:port/database?sslmode=…`.
///
/// Everything libpq understands may stand in it, several hosts too. Its description leaves the password out.
public struct PostgresURL: Sendable, Equatable {
    /// libpq's keywords and values, as far as the URL gave them.
    let settings: [String: String]

    /// Reads a URL; nil if libpq cannot.
    public init?(_ text: String) {
        guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") else { return nil }
        guard !text.utf8.contains(0), let settings = parseConnectionInfo(text) else { return nil }
        self.settings = settings
        guard Self.modes.contains(settings["sslmode"] ?? Self.modes[0]), ports.allSatisfy(Self.isPort) else {
            return nil
        }
    }

    /// What libpq itself looks at no sooner than when it connects.
    private static let modes = ["prefer", "disable", "allow", "require", "verify-ca", "verify-full"]

    /// Nothing stands for the usual port.
    private static func isPort(_ text: String) -> Bool {
        text.isEmpty || UInt16(text).map { $0 > 0 } ?? false
    }

    /// The hosts, in the order in which they are tried.
    public var hosts: [String] { list("host") }

    /// The name of the database, if given.
    public var database: String? { settings["dbname"] }

    /// The name to log in with, if given.
    public var user: String? { settings["user"] }

    /// The ports: none, one for all hosts, or one for each.
    var ports: [String] { list("port") }

    private func list(_ keyword: String) -> [String] {
        guard let value = settings[keyword] else { return [] }
        return value.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
    }
}

extension PostgresURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host, port and database.
    public var description: String {
        let ports = ports
        let places = hosts.enumerated().map { index, host in
            let port = ports.count == 1 ? ports.first : ports.indices.contains(index) ? ports[index] : nil
            return port.map { "\(host):\($0)" } ?? host
        }
        return "postgres://\(places.joined(separator: ","))/\(database ?? "")"
    }

    /// As `description`.
    public var debugDescription: String { description }

    /// Nothing, so that a dump does not show the password.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The reason of a refusal is dropped: libpq quotes the text, and with it the password.
private func parseConnectionInfo(_ text: String) -> [String: String]? {
    var reason: UnsafeMutablePointer<CChar>?
    defer { PQfreemem(reason) }
    guard let options = PQconninfoParse(text, &reason) else { return nil }
    defer { PQconninfoFree(options) }
    var settings: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
        if let value = option.pointee.val { settings[String(cString: keyword)] = String(cString: value) }
        option += 1
    }
    return settings
}
