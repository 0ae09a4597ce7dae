/// The messages of one connection to one room, in the order of its frames: they get rising seq, whatever happens to
/// one of them.
///
///     working ──limit taken──▶ ready ──all before it have theirs, or go with it──▶ calling ──▶ answered ──▶ gone
///        └──over the limit──▶ held: until those before it have taken or given back their units
///
/// Pure. Those that are ready go together, as one call: where Redis wants one to be tried again, it answers those behind
/// it with `after`. All else that follows waits until the first is settled; and their sender is told in this order.
final class SendLane {
    /// Where a message stands.
    enum Step {
        /// It is asked about, or tried again later.
        case working
        /// Over the limit as long as those before it hold their units.
        case held
        /// It may have its place.
        case ready
        /// It has been asked to be given its place.
        case calling
        /// Its end is known, and its sender is told of those before it first.
        case answered
        /// Its sender has been told.
        case gone
    }

    private var messages: [OutgoingMessage] = []
    /// How many of them have gone.
    private var first = 0
    /// Whether somebody will look for what can be done next.
    var isOffered = false
    /// Whether the next call takes what is ready.
    var isWaiting = false

    /// After so many that have gone their places are taken out.
    private static let mostGone = 64

    var isEmpty: Bool { head == nil }

    /// The first whose sender has not been told.
    var head: OutgoingMessage? { first < messages.count ? messages[first] : nil }

    func enter(_ message: OutgoingMessage) { messages.append(message) }

    /// The sender of one has been told.
    func leave(_ message: OutgoingMessage) {
        message.step = .gone
        while let head, head.step == .gone { first += 1 }
        guard first >= Self.mostGone || first == messages.count else { return }
        // A lane outlives its messages, and is not to keep the memory of many.
        if first < Self.mostGone { messages.removeFirst(first) } else { messages = Array(messages[first...]) }
        first = 0
    }

    /// Whether one may go, as nothing before it is still to be settled otherwise.
    var hasReady: Bool {
        messages[first...].first { $0.step != .gone && $0.step != .answered }?.step == .ready
    }

    /// Takes those that may go together, up to so many of them and of their bytes.
    ///
    /// `prepare` makes of one what is to be sent, or says by nil that it is not to go now, and none behind it.
    func takeReady<Call>(most: Int, bytes: Int, _ prepare: (OutgoingMessage) -> Call?) -> [Call] {
        var calls: [Call] = []
        var size = 0
        for message in messages[first...] where message.step != .gone && message.step != .answered {
            guard message.step == .ready, calls.count < most, size < bytes, let call = prepare(message) else {
                break
            }
            message.step = .calling
            size += message.byteCount
            calls.append(call)
        }
        return calls
    }
}
