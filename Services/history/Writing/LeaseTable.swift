import Engine
import Schema

/// Which partitions are ours, and which ought to be, as far as Redis has told.
///
/// Pure: whoever asks Redis brings its answers and the time. A lease is counted from the moment of asking, so that
/// this side never believes in it longer than Redis does.
///
/// The instances of history share the partitions: each has as many as its place among those that announce
/// themselves says. It takes partitions that nobody has until it has its share, and gives back what it has above it;
/// so a partition moves only when an instance comes or goes. One that cannot store announces itself no more, and has
/// no share while others can.
struct LeaseTable {
    /// How long a lease, and an announcement, holds unless it is renewed.
    static let milliseconds = 8_000
    /// How often it is renewed: three renewals may fail.
    static let renewalMilliseconds = 2_000
    /// How long a partition may be on its way from one instance to another.
    static let handoverMilliseconds = 2 * renewalMilliseconds + 500

    /// What an answer has changed.
    enum Change: Equatable {
        case none
        /// The partition is ours from now on.
        case gained
        /// It was ours, and is another's.
        case lost
    }

    private enum Owner: Equatable {
        case us(until: Instant)
        /// Ours until the batch under way has ended, then to be given back.
        case leaving(until: Instant)
        /// Given back: what was asked before says nothing any more.
        case returned(Instant)
        case another(until: Instant)
        case nobody(since: Instant)
    }

    private var owners: [Partition: Owner] = [:]
    /// How many partitions ought to be ours.
    private(set) var share = Partition.count
    /// Whether what nobody has may become ours.
    private var isClaiming = true

    // MARK: What there is to do

    /// The partitions that are ours; their leases are to be renewed.
    var held: [Partition] { Partition.all.filter(isOurs) }

    /// The partitions of which is to be asked whether anybody has them.
    var others: [Partition] { Partition.all.filter { !isOurs($0) } }

    /// The partitions to be taken now: as many as are missing of our share, of those that nobody has.
    ///
    /// In the order of `shuffle`, so that two instances seldom want the same one.
    func claims(shuffle: ([Partition]) -> [Partition]) -> [Partition] {
        guard isClaiming else { return [] }
        let free = Partition.all.filter { if case .nobody = owners[$0] { true } else { false } }
        return Array(shuffle(free).prefix(max(share - staying.count, 0)))
    }

    /// The partitions above our share, which are leaving from now on: each to be given back once its batch has ended.
    mutating func surplus() -> [Partition] {
        let surplus = staying.dropFirst(share)
        for partition in surplus {
            guard case .us(let until) = owners[partition] else { continue }
            owners[partition] = .leaving(until: until)
        }
        return Array(surplus)
    }

    /// How many partitions have no owner that we know of, and not only because they are being handed over.
    func orphans(now: Instant) -> Int {
        Partition.all.count { partition in
            switch owners[partition] {
            case .us(let until), .leaving(let until), .another(let until): until <= now
            case .nobody(let since), .returned(let since):
                since.advanced(byMilliseconds: LeaseTable.handoverMilliseconds) <= now
            case nil: true
            }
        }
    }

    // MARK: What Redis says

    /// So many instances are there, and we are the one of this rank, counted from 0.
    mutating func announced(instances: Int, rank: Int) {
        let instances = max(instances, 1)
        isClaiming = true
        share = Partition.count / instances + (rank < Partition.count % instances ? 1 : 0)
    }

    /// We cannot store at present: what is ours stays, and what nobody has is left to others, who may start just now.
    mutating func unable() { isClaiming = false }

    /// We have not been able to store for long, and so many others announce themselves: what is ours is theirs.
    ///
    /// Where there are none, it is ours still, for whoever can store first.
    mutating func withdrawn(others: Int) {
        isClaiming = true
        share = others > 0 ? 0 : Partition.count
    }

    /// Somebody else has the lease, or nobody.
    mutating func looked(_ partition: Partition, isFree: Bool, asked: Instant) {
        guard !isOurs(partition), !isOutdated(partition, asked) else { return }
        switch owners[partition] {
        case _ where !isFree:
            owners[partition] = .another(until: asked.advanced(byMilliseconds: LeaseTable.milliseconds))
        case .nobody: break
        case .returned(let since): owners[partition] = .nobody(since: since)
        default: owners[partition] = .nobody(since: asked)
        }
    }

    /// Redis has answered whether the lease is ours.
    mutating func answered(
        _ partition: Partition, granted: Bool, asked: Instant, now: Instant
    ) -> Change {
        guard !isOutdated(partition, asked) else { return .none }
        let until = asked.advanced(byMilliseconds: LeaseTable.milliseconds)
        let wasOurs = isOurs(partition)
        guard granted, until > now else {
            owners[partition] = granted ? nil : .another(until: until)
            return wasOurs ? .lost : .none
        }
        if case .leaving = owners[partition] {
            owners[partition] = .leaving(until: until)
        } else {
            owners[partition] = .us(until: until)
        }
        return wasOurs ? .none : .gained
    }

    // MARK: What comes to its end

    /// Gives up the leases that were not renewed in time, and tells which.
    mutating func expire(now: Instant) -> [Partition] {
        let ended = owners.compactMap { partition, owner -> Partition? in
            switch owner {
            case .us(let until), .leaving(let until): until <= now ? partition : nil
            case .returned, .another, .nobody: nil
            }
        }
        for partition in ended { owners[partition] = nil }
        return ended.sorted()
    }

    /// The lease has been given back.
    mutating func gaveBack(_ partition: Partition, now: Instant) {
        owners[partition] = .returned(now)
    }

    /// The partition turned out to be another's: if its lease is granted again, that is a new beginning.
    mutating func drop(_ partition: Partition) { owners[partition] = nil }

    private func isOurs(_ partition: Partition) -> Bool {
        switch owners[partition] {
        case .us, .leaving: true
        case .returned, .another, .nobody, nil: false
        }
    }

    private func isOutdated(_ partition: Partition, _ asked: Instant) -> Bool {
        if case .returned(let since) = owners[partition] { asked <= since } else { false }
    }

    private var staying: [Partition] {
        Partition.all.filter { if case .us = owners[$0] { true } else { false } }
    }
}
