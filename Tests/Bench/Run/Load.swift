/// How messages are sent, and which of them are measured.
struct Load: Sendable {
    enum Kind: Sendable {
        /// Each publisher has so many messages under way: the next leaves when everybody has had one of them.
        case closed(window: Int)
        /// At a rate, whatever comes of it.
        case open(Schedule)
    }

    var kind: Kind
    /// From when until when a message must be due to be measured, in nanoseconds; none is sent from then on.
    private(set) var from: UInt64
    private(set) var until: UInt64
    /// How many messages each publisher sends; nil: no end but `until`.
    let count: Int?

    init(kind: Kind, from: UInt64, until: UInt64, count: Int? = nil) {
        self.kind = kind
        self.count = count
        self.from = from
        self.until = until
    }

    /// Measures what is due within this time, and sends nothing from its end on.
    mutating func measure(_ time: ClosedRange<UInt64>) {
        (from, until) = (time.lowerBound, time.upperBound)
        guard case .open(var schedule) = kind else { return }
        schedule.end = until
        kind = .open(schedule)
    }

    /// Sends nothing from now on.
    mutating func end() {
        until = min(until, Clock.now())
        if case .open = kind { kind = .closed(window: 0) }
    }

    var isClosed: Bool {
        if case .closed = kind { true } else { false }
    }

    /// Whether nothing more is to be sent at that time.
    func isOver(at now: UInt64) -> Bool { now >= until }

    /// Whether a message that was due then is measured.
    func measures(_ due: UInt64) -> Bool { due >= from && due < until }
}
