import Hosting

/// What auth counts, beside what every service does.
final class AuthMetrics {
    let published: Counter
    let vouched: Counter
    private let registry: Registry
    private let outboxRows: Gauge
    private let outboxAge: Gauge

    init(registry: Registry) {
        self.registry = registry
        published = registry.counter(
            "parley_auth_outbox_published_total", help: "Changes told to Redis and all processes.")
        vouched = registry.counter(
            "parley_auth_redis_vouched_total",
            help: "Times that Redis was found restarted, replaced or emptied, and was written to anew.")
        outboxRows = registry.gauge(
            "parley_auth_outbox_rows", help: "Changes that wait to be told, at most 100 are counted.")
        outboxAge = registry.gauge(
            "parley_auth_outbox_age_seconds", help: "Age of the oldest change when it was last looked at.")
    }

    enum LoginResult: String { case success, failure, throttled }

    func count(login result: LoginResult) {
        registry.counter(
            "parley_auth_logins_total", help: "Log-ins tried, by their outcome.",
            labels: ["result": result.rawValue]
        ).add()
    }

    enum Refusal: String {
        case loginFailures = "login_failures_per_ip"
        case roomChanges = "room_changes_per_user"
    }

    func count(refusal: Refusal) {
        registry.counter(
            "parley_auth_refused_total", help: "Requests refused, by the limit that they went beyond.",
            labels: ["reason": refusal.rawValue]
        ).add()
    }

    func countRegistration() {
        registry.counter("parley_auth_registrations_total", help: "Accounts registered.").add()
    }

    enum RefreshResult: String { case success, refused }

    func count(refresh result: RefreshResult) {
        registry.counter(
            "parley_auth_refreshes_total", help: "Refresh tokens shown, by the outcome.",
            labels: ["result": result.rawValue]
        ).add()
    }

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
