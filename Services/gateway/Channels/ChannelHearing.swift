/// What one loop of a gateway hears of channels that are at home on it and on others.
///
/// Pure. What comes for a subscription that has ended, or was replaced, is known by its number, and passed over.
struct ChannelHearing {
    /// A subscription: its number, and the home of its channel.
    struct Subscription: Hashable {
        let number: UInt64
        let home: Int
    }

    private struct Home {
        var isUp = false
        /// What was wanted when the home's connection came, and is not ready yet.
        var returning: Set<UInt64> = []
    }

    private var channels: [String: Subscription] = [:]
    private var current: [UInt64: Int] = [:]
    private var homes: [Home]
    private var last: UInt64 = 0

    /// Makes a loop that hears nothing yet, in a gateway of so many.
    init(loops: Int) { homes = Array(repeating: Home(), count: loops) }

    /// Whether all homes have a connection, and all that was wanted when it came is heard.
    var isRestored: Bool { homes.allSatisfy { $0.isUp && $0.returning.isEmpty } }

    /// Makes a subscription, in place of one that there may be.
    mutating func want(_ channel: String, at home: Int) -> (new: Subscription, replaced: Subscription?) {
        let replaced = unwant(channel)
        last &+= 1
        let subscription = Subscription(number: last, home: home)
        channels[channel] = subscription
        current[last] = home
        return (subscription, replaced)
    }

    /// Ends a subscription, and answers which.
    mutating func unwant(_ channel: String) -> Subscription? {
        guard let subscription = channels.removeValue(forKey: channel) else { return nil }
        current[subscription.number] = nil
        homes[subscription.home].returning.remove(subscription.number)
        return subscription
    }

    /// A home says that all published from now on will be heard; answers whether anybody wants to know.
    mutating func ready(_ number: UInt64) -> Bool {
        guard let home = current[number] else { return false }
        homes[home].returning.remove(number)
        return true
    }

    /// A home has a connection (again).
    mutating func up(_ home: Int) {
        homes[home].isUp = true
        homes[home].returning = Set(current.lazy.filter { $0.value == home }.map(\.key))
    }

    /// A home hears nothing any more, or has given us up as too slow.
    mutating func down(_ home: Int) { homes[home].isUp = false }
}
