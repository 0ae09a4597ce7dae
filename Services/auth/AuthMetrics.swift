import Hosting

/// What auth counts, beside what every service does.
final class AuthMetrics {
    let published: Counter
    let vouched: Counter
    private let registry: Registry
    private let logins: [LoginResult: Counter]
    private let refusals: [Refusal: Counter]
    private let refreshes: [RefreshResult: Counter]
    private let registrations: Counter
    private let outboxRows: Gauge
    private let outboxAge: Gauge

    init(registry: Registry) {
        self.registry = registry
        published = registry.counter(
            "parley_auth_outbox_published_total", help: "Changes told to Redis and all processes.")
        vouched = registry.counter(
            "parley_auth_redis_vouched_total",
            help: "Times that Redis was found restarted, replaced or emptied, and was written to anew.")
        logins = Self.counters(
            registry, "parley_auth_logins_total", by: "result", help: "Log-ins tried, by their outcome.")
        refusals = Self.counters(
            registry, "parley_auth_refused_total", by: "reason",
            help: "Requests refused, by the limit that they went beyond.")
        refreshes = Self.counters(
            registry, "parley_auth_refreshes_total", by: "result",
            help: "Refresh tokens shown, by the outcome.")
        registrations = registry.counter(
            "parley_auth_registrations_total", help: "Accounts registered.")
        outboxRows = registry.gauge(
            "parley_auth_outbox_rows", help: "Changes that wait to be told, at most 100 are counted.")
        outboxAge = registry.gauge(
            "parley_auth_outbox_age_seconds", help: "Age of the oldest change when it was last looked at.")
    }

    enum LoginResult: String, CaseIterable { case success, failure, throttled }

    enum Refusal: String, CaseIterable {
        case loginFailures = "login_failures_per_ip"
        case roomChanges = "room_changes_per_user"
    }

    enum RefreshResult: String, CaseIterable { case success, refused }

    /// One for each outcome, from the start: a rate of what has not happened yet is 0, and not missing.
    private static func counters<Outcome: RawRepresentable<String> & CaseIterable & Hashable>(
        _ registry: Registry, _ name: String, by label: String, help: String
    ) -> [Outcome: Counter] {
        Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map { outcome in
                (outcome, registry.counter(name, help: help, labels: [label: outcome.rawValue]))
            })
    }

    func count(login result: LoginResult) { logins[result]?.add() }

    func count(refusal: Refusal) { refusals[refusal]?.add() }

    func count(refresh result: RefreshResult) { refreshes[result]?.add() }

    func countRegistration() { registrations.add() }

    func count(request type: String) {
        let known = ["room_load", "room_join", "profile", "account_seen", "visible"].contains(type)
        registry.counter(
            "parley_auth_requests_total", help: "Requests of other services, by type.",
            labels: ["type": known ? type : "other"]
        ).add()
    }

    func outbox(left: Int, oldestSeconds: Int) {
        outboxRows.set(left)
        outboxAge.set(left == 0 ? 0 : oldestSeconds)
    }

    func watch(passwords: Passwords) {
        registry.gauge(
            "parley_auth_password_queue", help: "Password hashes that run or wait.", read: passwords.depth)
    }
}
