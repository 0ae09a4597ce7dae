/// The channels that are at home on one loop of a gateway, and which of its loops hear each.
///
/// Pure. The home subscribes to a channel once, for all of them. A loop that falls too far behind is left alone until
/// it listens again; then it is told anew of each of its channels that it is heard.
struct ChannelHome {
    /// One loop's subscription of a channel; no other of that loop has the same number.
    struct Ear: Hashable, Sendable {
        let loop: Int
        let number: UInt64
    }

    private var ears: [String: [Ear]] = [:]
    private var behind: Set<Int> = []

    /// A loop wants a channel, in place of what it had of it before; says whether it is the first, so that the channel
    /// is to be subscribed.
    mutating func want(_ channel: String, _ ear: Ear) -> Bool {
        let others = ears[channel]?.filter { $0.loop != ear.loop }
        ears[channel] = (others ?? []) + [ear]
        return others == nil
    }

    /// A loop does not want a channel any more; says whether it was the last.
    mutating func unwant(_ channel: String, _ ear: Ear) -> Bool {
        guard let all = ears[channel], all.contains(ear) else { return false }
        let rest = all.filter { $0 != ear }
        ears[channel] = rest.isEmpty ? nil : rest
        return rest.isEmpty
    }

    /// Who is given what comes on a channel, and told that it is heard.
    func listeners(of channel: String) -> [Ear] {
        guard let all = ears[channel] else { return [] }
        return behind.isEmpty ? all : all.filter { !behind.contains($0.loop) }
    }

    /// Whether this ear is given what comes.
    func isListening(_ ear: Ear, to channel: String) -> Bool { listeners(of: channel).contains(ear) }

    /// A loop has fallen behind: it is given nothing more.
    mutating func fellBehind(_ loop: Int) { behind.insert(loop) }

    /// The loop has come to the end of what it was given, and knows that it has missed the rest; answers what it wants.
    mutating func listensAgain(_ loop: Int) -> [(channel: String, ear: Ear)] {
        guard behind.remove(loop) != nil else { return [] }
        return ears.flatMap { channel, all in all.filter { $0.loop == loop }.map { (channel, $0) } }
    }
}
