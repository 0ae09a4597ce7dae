public import Web

/// What every service reads about those who connect to it.
extension Settings {
    /// Whether there are limits of rate and count at all.
    public mutating func hasLimits() -> Bool {
        bool(
            "LIMITS", default: true,
            help: "off lifts the limits of rate, and those of what one address or one user may have.")
    }

    /// The proxies whose word on a client's address counts.
    public mutating func trustedProxies() -> TrustedProxies {
        parsed(
            "TRUSTED_PROXIES", default: "", expects: "a list of addresses and ranges",
            help: "Proxies whose X-Forwarded-For is believed, such as 127.0.0.0/8,::1."
        ) { TrustedProxies($0) }
    }

    /// Whose pages may connect, call and read the answers.
    mutating func origins() -> OriginPolicy {
        let origins = list(
            "ALLOWED_ORIGINS",
            help: "Origins whose pages may connect and call; * for all; empty: the request's own host.")
        if let wrong = origins.first(where: { $0 != "*" && WebOrigin($0) == nil }) {
            reject("ALLOWED_ORIGINS", because: "\(wrong) is no origin, such as https://chat.example:8443")
        }
        return OriginPolicy(origins)
    }

    /// How many connections one address may have; 0 is no limit.
    public mutating func connectionsPerAddress() -> Int {
        let limit = int(
            "MAX_CONNECTIONS_PER_IP", default: 256, in: 0...1_000_000, unit: "connections",
            help: "How many connections one address (IPv6: one /64) may have at a service; 0 is no limit.")
        return hasLimits() ? limit : 0
    }

    /// The bounds of HTTP.
    mutating func http() -> HTTPLimits {
        var limits = HTTPLimits()
        limits.connections = int(
            "MAX_HTTP_CONNECTIONS", default: limits.connections, in: 16...1_000_000, unit: "connections",
            help: "How many connections may speak HTTP; upgraded ones are not counted.")
        limits.connectionsPerAddress = connectionsPerAddress()
        limits.unfinished = int(
            "MAX_UNFINISHED", default: limits.unfinished, in: 16...1_000_000, unit: "connections",
            help: "How many may have an unfinished request, or not have said who they are; the oldest goes.")
        let perAddress = int(
            "MAX_UNFINISHED_PER_IP", default: 256, in: 0...1_000_000, unit: "connections",
            help: "The same for one address (IPv6: one /64); 0 is no limit.")
        limits.unfinishedPerAddress = hasLimits() ? perAddress : 0
        limits.unfinishedBytes = bytes(
            "MAX_UNFINISHED_BYTES", default: limits.unfinishedBytes, in: 1_048_576...17_179_869_184,
            help: "What unfinished requests may hold together; the oldest go.")
        limits.handshakes = int(
            "MAX_HANDSHAKES", default: limits.handshakes, in: 16...1_000_000, unit: "connections",
            help: "How many may shake hands by TLS at once; the oldest goes. HEADER_SECONDS is the time.")
        limits.requestLineBytes = bytes(
            "MAX_REQUEST_LINE_BYTES", default: limits.requestLineBytes, in: 1_024...65_536,
            help: "Longest request line; more is 414.")
        limits.headerBytes = bytes(
            "MAX_HEADER_BYTES", default: limits.headerBytes, in: 1_024...1_048_576,
            help: "Largest header of a request; more is 431.")
        limits.bodyBytes = bytes(
            "MAX_BODY_BYTES", default: 65_536, in: 1_024...16_777_216,
            help: "Largest body of a request; more is 413.")
        limits.headerMilliseconds = milliseconds(of: "HEADER_SECONDS", 10, "the header of a request may take")
        limits.bodyMilliseconds = milliseconds(of: "BODY_SECONDS", 30, "the body of a request may take")
        limits.idleMilliseconds = milliseconds(
            of: "IDLE_SECONDS", limits.idleMilliseconds / 1_000, "a connection may wait for its next request")
        return limits
    }

    private mutating func milliseconds(of name: String, _ seconds: Int, _ what: String) -> Int {
        self.seconds(name, default: seconds, in: 1...3_600, help: "How long \(what).") * 1_000
    }
}
