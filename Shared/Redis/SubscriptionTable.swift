/// Which channels are wanted, and what Redis has said about them so far.
///
/// Pure: methods answer what to send or whom to tell. Redis answers subscriptions in order, so the orders that
/// were sent form a queue; what does not match its head was not asked for (a slot of a cluster that moved away).
///
/// ```
/// want(a) ─→ .subscribe(a) ─→ Redis ─ ssubscribe a ─→ confirmed(a) ─→ .ready(a)
///                             Redis ─ sunsubscribe a ─→ unasked     ─→ .send(.subscribe(a))
/// ```
struct SubscriptionTable {
    typealias Channel = [UInt8]

    /// A command of a subscribing connection.
    enum Order: Hashable {
        case subscribe(Channel)
        case unsubscribe(Channel)
        case ping
    }

    /// What an answer of Redis leads to.
    enum Outcome: Hashable {
        case nothing
        case ready(Channel)
        case send(Order)
    }

    private(set) var wanted: Set<Channel> = []
    private var confirmed: Set<Channel> = []
    private var orders = CommandQueue<Order>()
    private var outstanding: [Channel: Int] = [:]
    private var refused: Set<Channel> = []
    /// Until when the answer after the last may take.
    private var patience = Int64.min
    private var isConnected = false
    /// What was wanted when the connection came back, and is not confirmed yet.
    private var returning: Set<Channel> = []

    /// Whether all that was wanted before the connection came is confirmed; what is new since does not count.
    var isRestored: Bool { isConnected && returning.isEmpty }

    /// Whether Redis has confirmed the channel, and nothing since has put that in doubt.
    func isReady(_ channel: Channel) -> Bool { confirmed.contains(channel) }

    /// Somebody wants a channel.
    mutating func want(_ channel: Channel) -> Order? {
        guard wanted.insert(channel).inserted, isConnected else { return nil }
        return .subscribe(channel)
    }

    /// Nobody wants the channel any more.
    mutating func unwant(_ channel: Channel) -> Order? {
        guard wanted.remove(channel) != nil else { return nil }
        confirmed.remove(channel)
        refused.remove(channel)
        returning.remove(channel)
        return isConnected ? .unsubscribe(channel) : nil
    }

    /// A new connection, which knows nothing yet: everything wanted has to be sent.
    mutating func connected() -> [Order] {
        isConnected = true
        returning = wanted
        return wanted.map { .subscribe($0) }
    }

    /// The connection is gone, and all confirmations with it.
    mutating func disconnected() {
        isConnected = false
        confirmed = []
        refused = []
        outstanding = [:]
        patience = .min
        orders = CommandQueue()
    }

    /// An order was written to the connection.
    mutating func sent(_ order: Order, deadline: Int64) {
        orders.append(order, deadline: deadline)
        if let channel = order.channel { outstanding[channel, default: 0] += 1 }
    }

    /// An answer came: the next one may take until then.
    ///
    /// Tens of thousands of orders are sent at once when a connection is back. Given up while their answers come, it
    /// would never be.
    mutating func answered(nextUntil deadline: Int64) { patience = deadline }

    /// Whether Redis owes an answer for too long, and has given no other meanwhile.
    mutating func hasExpired(at now: Int64) -> Bool { now >= patience && orders.hasExpired(at: now) }

    /// Whether an answer is owed.
    var isWaiting: Bool { !orders.isEmpty }

    /// Redis says `ssubscribe`.
    mutating func subscribed(_ channel: Channel) -> Outcome {
        settle(.subscribe(channel))
        // An unsubscribe, and perhaps another subscribe, may be under way: only the last word counts.
        guard let index = wanted.firstIndex(of: channel), outstanding[channel] == nil else { return .nothing }
        // The name that is kept already, not one more of the same.
        confirmed.insert(wanted[index])
        returning.remove(channel)
        return .ready(channel)
    }

    /// Redis says `sunsubscribe`, asked or unasked.
    mutating func unsubscribed(_ channel: Channel) -> Outcome {
        settle(.unsubscribe(channel))
        confirmed.remove(channel)
        // Wanted and nothing under way: not our doing.
        guard wanted.contains(channel), outstanding[channel] == nil else { return .nothing }
        return .send(.subscribe(channel))
    }

    /// Redis answers a ping.
    mutating func ponged() {
        settle(.ping)
    }

    /// Redis answers the oldest order with an error; the channel is tried again by ``retry()``.
    mutating func failed() {
        guard let order = orders.next() else { return }
        forget(order)
        guard case .subscribe(let channel) = order, wanted.contains(channel) else { return }
        refused.insert(channel)
    }

    /// The orders to repeat for channels that were refused.
    mutating func retry() -> [Order] {
        defer { refused = [] }
        return refused.map { .subscribe($0) }
    }

    /// Takes the order off the queue where it is the oldest; else it was not asked for.
    private mutating func settle(_ order: Order) {
        guard orders.first == order else { return }
        _ = orders.next()
        forget(order)
    }

    private mutating func forget(_ order: Order) {
        guard let channel = order.channel, let count = outstanding[channel] else { return }
        outstanding[channel] = count > 1 ? count - 1 : nil
    }
}

extension SubscriptionTable.Order {
    fileprivate var channel: SubscriptionTable.Channel? {
        switch self {
        case .subscribe(let channel), .unsubscribe(let channel): channel
        case .ping: nil
        }
    }
}
