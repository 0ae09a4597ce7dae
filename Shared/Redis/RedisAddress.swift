public import Engine

/// Where a Redis is and how to log in: `redis://[user[:password]@]host[:port][/database]`, `rediss://` by TLS.
///
/// Its descriptions leave the password out.
public struct RedisAddress: Sendable, Hashable {
    /// The host's name or address; an IPv6 address without its brackets.
    public let host: String
    /// The port, 6379 unless given.
    public let port: Int
    /// The ACL user, where one is given.
    public let user: String?
    /// The password, where one is given.
    public let password: String?
    /// The number of the database, 0 unless given.
    public let database: Int
    /// Whom to believe to be that host, where the connection is encrypted (`rediss://`).
    public let tls: TLSClient?

    /// Names an address by its parts.
    public init(
        host: String, port: Int = 6379, user: String? = nil, password: String? = nil, database: Int = 0,
        tls: TLSClient? = nil
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.tls = tls
    }

    /// Reads a URL; throws `.configuration` with a text that says what is wrong, never with the URL itself.
    ///
    /// With `rediss://` the authorities of the system are believed, until `believing` names others.
    public init(url: String) throws(RedisError) {
        let (scheme, rest) = try Self.splitScheme(url)
        try Self.check(scheme)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw .configuration("a Redis URL takes no query and no fragment")
        }
        let slash = rest.firstIndex(of: "/")
        let authority = rest[..<(slash ?? rest.endIndex)]
        // Some people leave an @ in the password as it is: the last one ends it.
        let at = authority.lastIndex(of: "@")
        let login = try Self.login(in: at.map { authority[..<$0] })
        let place = try Self.place(in: at.map { authority[authority.index(after: $0)...] } ?? authority)
        self.init(
            host: place.host, port: place.port, user: login.user, password: login.password,
            database: try Self.database(in: slash.map { rest[rest.index(after: $0)...] } ?? ""),
            tls: scheme == "rediss" ? try Self.systemTrust() : nil)
    }

    /// The same place, with other authorities; an address without TLS stays without.
    public func believing(_ tls: TLSClient) -> RedisAddress {
        RedisAddress(
            host: host, port: port, user: user, password: password, database: database,
            tls: self.tls == nil ? nil : tls)
    }

    private static func systemTrust() throws(RedisError) -> TLSClient {
        do throws(EngineError) {
            return try TLSClient()
        } catch {
            throw .configuration("\(error)")
        }
    }

    /// Refuses the schemes that are not understood.
    private static func check(_ scheme: String) throws(RedisError) {
        switch scheme {
        case "redis", "rediss": return
        case "redis+sentinel", "redis+cluster":
            throw .configuration(
                "Redis by \(scheme):// is not supported by this version; use redis:// or rediss://")
        default:
            throw .configuration("a Redis URL begins with redis:// or rediss://")
        }
    }
}

extension RedisAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without user and password.
    public var description: String {
        let place = host.contains(":") ? "[\(host)]" : host
        return "\(tls == nil ? "redis" : "rediss")://\(place):\(port)/\(database)"
    }

    /// The same as ``description``, so that dumping an address does not show its password.
    public var debugDescription: String { description }

    /// Nothing but what ``description`` shows.
    public var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

extension RedisAddress {
    private static func splitScheme(_ url: String) throws(RedisError) -> (scheme: String, rest: Substring) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else {
            throw .configuration("a Redis URL begins with redis:// or rediss://")
        }
        return (url[..<colon].lowercased(), url[colon...].dropFirst(3))
    }

    /// `user:password`, `:password` and, as redis-cli has it, `user` alone are understood.
    private static func login(
        in text: Substring?
    ) throws(RedisError) -> (user: String?, password: String?) {
        guard let text else { return (nil, nil) }
        let colon = text.firstIndex(of: ":")
        let user = PercentCoding.decode(text[..<(colon ?? text.endIndex)])
        let password = PercentCoding.decode(colon.map { text[text.index(after: $0)...] } ?? "")
        guard let user, let password else {
            throw .configuration("the user or password of the Redis URL is not percent-encoded UTF-8")
        }
        guard user.isEmpty || !password.isEmpty else {
            throw .configuration("the Redis URL names a user without a password")
        }
        return (user.isEmpty ? nil : user, password.isEmpty ? nil : password)
    }

    private static func place(in text: Substring) throws(RedisError) -> (host: String, port: Int) {
        var host = text
        var port: Substring?
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let after = text[text.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else {
                throw .configuration("the host of the Redis URL cannot be read")
            }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = text.lastIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { throw .configuration("the Redis URL has no host") }
        return (String(host), try number(port))
    }

    private static func number(_ port: Substring?) throws(RedisError) -> Int {
        guard let port else { return 6379 }
        guard let number = Int(port), (1...65_535).contains(number) else {
            throw .configuration("the port of the Redis URL is not between 1 and 65535")
        }
        return number
    }

    private static func database(in path: Substring) throws(RedisError) -> Int {
        guard !path.isEmpty else { return 0 }
        guard let number = Int(path), number >= 0 else {
            throw .configuration("the path of the Redis URL is not the number of a database")
        }
        return number
    }
}
