/// What libpq is told when a connection is opened.
struct StartupParameters {
    let url: PostgresURL
    let name: String
    let settings: PostgresSettings

    /// Where each host is found: libpq would look names up by a blocking call, so it gets addresses.
    struct Place: Equatable {
        let host: String
        let address: String
        let port: String
    }

    /// The places to try in order, once each host's addresses are known; a host without any is left out.
    func places(addresses: (String) -> [String]) -> [Place] {
        let ports = url.ports
        return url.hosts.enumerated().flatMap { index, host in
            let port = ports.count == 1 ? ports[0] : ports.indices.contains(index) ? ports[index] : ""
            return addresses(host).map { Place(host: host, address: $0, port: port) }
        }
    }

    /// Keywords and values; with no places, the URL's own host settings go through.
    func keywords(places: [Place]) -> [String: String] {
        var keywords = url.settings
        keywords["client_encoding"] = "UTF8"
        keywords["fallback_application_name"] = name
        keywords["options"] = options(url.settings["options"])
        // Kerberos would ask its servers by blocking calls.
        keywords["gssencmode"] = url.settings["gssencmode"] ?? "disable"
        keywords["keepalives_idle"] = url.settings["keepalives_idle"] ?? "30"
        guard !places.isEmpty else { return keywords }
        keywords["host"] = places.map(\.host).joined(separator: ",")
        keywords["hostaddr"] = places.map(\.address).joined(separator: ",")
        keywords["port"] = places.map(\.port).joined(separator: ",")
        return keywords
    }

    /// The bounds of the session and the text formats we read; options of the URL come last and win.
    private func options(_ own: String?) -> String {
        let parameters = [
            ("statement_timeout", String(settings.statementTimeout)),
            ("lock_timeout", String(settings.lockTimeout)),
            ("idle_in_transaction_session_timeout", String(settings.idleInTransactionTimeout)),
            ("DateStyle", "ISO"), ("TimeZone", "UTC"), ("bytea_output", "hex"),
        ]
        let ours = parameters.map { "-c \($0.0)=\($0.1)" }.joined(separator: " ")
        return own.map { "\(ours) \($0)" } ?? ours
    }
}
