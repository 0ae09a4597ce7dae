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
    let from: UInt64
    let until: UInt64

    var isClosed: Bool {
        if case .closed = kind { true } else { false }
    }

    /// Whether a message that was due then is measured.
    func measures(_ due: UInt64) -> Bool { due >= from && due < until }
}
