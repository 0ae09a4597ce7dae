import Hosting

/// What history counts, by the names an operator sees.
struct HistoryMetrics: Sendable {
    let stored: Counter
    let replays: Counter
    let holes: Counter
    let deadLetters: Counter
    let batchEntries: Histogram
    let commitSeconds: Histogram
    let unstoredRooms: Gauge
    let unstoredBytes: Gauge
    let unstoredAge: Gauge
    let leases: Gauge
    let takeOvers: Counter
    let breaker: Gauge
    let pages: Counter
    let brokenPages: Counter

    init(_ registry: Registry) {
        stored = registry.counter(
            "parley_history_entries_stored_total", help: "Log entries committed to the archive.")
        replays = registry.counter(
            "parley_history_replays_total", help: "Log entries that the archive had already.")
        holes = registry.counter(
            "parley_history_seq_holes_total", help: "Places where a room's log went on with a seq left out.")
        deadLetters = registry.counter(
            "parley_history_dead_letters_total", help: "Log entries that the archive could not take.")
        batchEntries = registry.histogram(
            "parley_history_batch_entries", help: "Log entries taken at a time.",
            bounds: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000])
        commitSeconds = registry.histogram(
            "parley_history_commit_seconds", help: "Time to commit a batch.")
        unstoredRooms = registry.gauge(
            "parley_history_log_rooms",
            help: "Rooms of this instance's partitions with messages not yet stored.")
        unstoredBytes = registry.gauge(
            "parley_history_log_bytes",
            help: "Bytes of envelopes of this instance's partitions that are not yet stored.")
        unstoredAge = registry.gauge(
            "parley_history_log_age_milliseconds",
            help: "How long the oldest message of this instance's partitions has not been stored.")
        takeOvers = registry.counter(
            "parley_history_takeovers_total", help: "Partitions taken over, each time one became ours.")
        breaker = registry.gauge(
            "parley_history_postgres_breaker",
            help: "Circuit breaker of PostgreSQL: 0 closed, 1 half open, 2 open.")
        leases = registry.gauge(
            "parley_history_leases_held", help: "Partitions that this instance writes.")
        pages = registry.counter("parley_history_pages_total", help: "Pages read.")
        brokenPages = registry.counter(
            "parley_history_broken_pages_total",
            help: "Pages given with a hole in seq after reading twice.")
    }
}
