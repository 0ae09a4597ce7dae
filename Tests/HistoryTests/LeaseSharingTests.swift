import Engine
import Schema
import Testing

@testable import ChatHistory

/// Instances that come, go, die, and are held still, over a Redis that only keeps leases: who has what in the end.
@Suite struct LeaseSharingTests {
    @Test(arguments: UInt64(1)...24) func partitionsAreSharedWhateverHappens(seed: UInt64) {
        var world = World(seed: seed)
        for _ in 0..<30 {
            world.happen()
            world.run(milliseconds: world.pick(0...20_000))
            let (isFair, now) = (world.isShared || !world.isCalm, world.now)
            #expect(isFair, "seed \(seed) at \(now)")
        }
        world.goOn()
        world.run(milliseconds: World.settled + Inability.milliseconds)
        let (isShared, moves) = (world.isShared, world.moves)
        #expect(isShared, "seed \(seed)")
        world.run(milliseconds: 60_000)
        let movesLater = world.moves
        #expect(movesLater == moves, "seed \(seed): partitions move although nothing happens")
    }

    /// A dead instance's partitions have their new owners within the bound that the architecture names.
    @Test(arguments: UInt64(1)...12) func theDeadAreReplacedInTime(seed: UInt64) {
        var world = World(seed: seed)
        world.join()
        world.join()
        world.run(milliseconds: World.settled + world.pick(0...4_000))
        world.die()
        world.run(milliseconds: World.settled)
        let isShared = world.isShared
        #expect(isShared, "seed \(seed)")
    }

    /// One that has lost its way to PostgreSQL is replaced; and has its share again when it is back.
    @Test(arguments: UInt64(1)...12) func whoCannotStoreIsReplacedByWhoCan(seed: UInt64) {
        var world = World(seed: seed)
        world.join()
        world.run(milliseconds: World.settled + world.pick(0...4_000))
        let victim = world.anybody
        for _ in 0..<2 {
            world.partOrRejoinDatabase(victim)
            world.run(milliseconds: World.settled + Inability.milliseconds)
            let isShared = world.isShared
            #expect(isShared, "seed \(seed) at \(world.now)")
        }
    }

    /// Another is restarted in the seconds before one that cannot store is left out: it finds all free that it has left.
    @Test(arguments: UInt64(1)...12) func whoCannotStoreClaimsNothing(seed: UInt64) {
        var world = World(seed: seed)
        world.run(milliseconds: World.settled + world.pick(0...4_000))
        let victim = world.join(isAble: false)
        world.leave(allBut: victim)
        world.run(milliseconds: Inability.milliseconds - LeaseTable.renewalMilliseconds)
        let held = world.held(by: victim)
        #expect(held.isEmpty, "seed \(seed)")
        world.join()
        world.run(milliseconds: World.settled + Inability.milliseconds)
        let isShared = world.isShared
        #expect(isShared, "seed \(seed)")
    }

    /// Where nobody can store, nothing moves: not to one, either, who has not noticed yet.
    @Test(arguments: UInt64(1)...12) func anOutageForAllMovesNothing(seed: UInt64) {
        var world = World(seed: seed)
        world.join()
        world.join()
        world.run(milliseconds: World.settled + world.pick(0...4_000))
        let moves = world.moves
        world.partAllFromDatabase(withinMilliseconds: Inability.milliseconds - LeaseTable.renewalMilliseconds)
        world.run(milliseconds: 60_000)
        let movesLater = world.moves
        #expect(movesLater == moves, "seed \(seed)")
    }
}

/// Instances and the leases that Redis keeps for them, millisecond by millisecond in steps of a hundred.
private struct World {
    /// Leases end, announcements end, and each instance has had its turn, thrice where they want the same partition.
    static let settled = LeaseTable.milliseconds + 3 * LeaseTable.renewalMilliseconds

    private struct Instance {
        var table = LeaseTable()
        var next: Int
        var stoppedUntil = 0
        /// Whether it reaches PostgreSQL.
        var isAble = true
        var inability = Inability()
        /// Partitions whose batch is still under way, and when it ends.
        var leaving: [Partition: Int] = [:]
    }

    private(set) var now = 0
    private(set) var moves = 0
    private var random: SplitMix
    private var instances: [String: Instance] = [:]
    private var leases: [Partition: (owner: String, until: Int)] = [:]
    private var announced: [String: Int] = [:]
    private var lastEvent = 0
    private var count = 0

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        join()
    }

    mutating func pick(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// Whether nothing has happened for long enough.
    var isCalm: Bool { now - lastEvent >= World.settled + Inability.milliseconds }

    /// Whether each partition is one instance's, in Redis' eyes and in its own, and none has more than its share.
    ///
    /// Instances that are held still are not there; those that cannot store have nothing where others can.
    var isShared: Bool {
        let instances = instances.filter { $0.value.stoppedUntil <= now }
        let held = instances.mapValues(\.table.held.count)
        let able = instances.filter { $0.value.isAble }.compactMap { held[$0.key] }
        let owners = Partition.all.compactMap { leases[$0]?.owner }
        return instances.isEmpty
            || held.values.reduce(0, +) == Partition.count && owners.count == Partition.count
                && (able.isEmpty || able.reduce(0, +) == Partition.count)
                && (able.max() ?? 0) - (able.min() ?? 0) <= 1
                && instances.allSatisfy { name, instance in
                    instance.table.held.allSatisfy { leases[$0]?.owner == name }
                }
    }

    func held(by name: String?) -> [Partition] { name.flatMap { instances[$0] }?.table.held ?? [] }

    // MARK: What happens

    mutating func happen() {
        switch pick(0...7) {
        case 0, 1: join()
        case 2: die()
        case 3: leave()
        case 4, 5: partOrRejoinDatabase(anybody)
        default: hold()
        }
    }

    @discardableResult
    mutating func join(isAble: Bool = true) -> String? {
        guard instances.count < 6 else { return nil }
        count += 1
        let name = "\(pick(0...9)).\(count)"
        instances[name] = Instance(next: now, isAble: isAble)
        lastEvent = now
        return name
    }

    mutating func die() {
        guard instances.count > 1, let name = anybody else { return }
        instances[name] = nil
        lastEvent = now
    }

    private mutating func leave() {
        guard instances.count > 1, let name = anybody else { return }
        leave(name)
    }

    mutating func leave(allBut name: String?) {
        for other in instances.keys.sorted() where other != name { leave(other) }
    }

    private mutating func leave(_ name: String) {
        leases = leases.filter { $0.value.owner != name }
        announced[name] = nil
        instances[name] = nil
        lastEvent = now
    }

    /// Lets all go on that are held still.
    mutating func goOn() {
        for name in instances.keys { instances[name]?.stoppedUntil = 0 }
    }

    private mutating func hold() {
        guard let name = anybody else { return }
        let end = now + pick(1_000...30_000)
        instances[name]?.stoppedUntil = end
        lastEvent = now
    }

    mutating func partOrRejoinDatabase(_ name: String?) {
        guard let name else { return }
        instances[name]?.isAble.toggle()
        lastEvent = now
    }

    /// PostgreSQL is away for all, who find out one after another.
    mutating func partAllFromDatabase(withinMilliseconds bound: Int) {
        let names = instances.keys.sorted().shuffled(using: &random)
        for name in names {
            instances[name]?.isAble = false
            lastEvent = now
            run(milliseconds: pick(0...bound / names.count))
        }
    }

    var anybody: String? {
        mutating get { instances.keys.sorted().randomElement(using: &random) }
    }

    // MARK: Time

    mutating func run(milliseconds: Int) {
        let end = now + milliseconds
        while now < end {
            now += 100
            leases = leases.filter { $0.value.until > now }
            announced = announced.filter { $0.value > now }
            for name in instances.keys.sorted() { turn(of: name) }
        }
    }

    private mutating func turn(of name: String) {
        guard var instance = instances[name], instance.stoppedUntil <= now else { return }
        if instance.stoppedUntil > lastEvent { lastEvent = instance.stoppedUntil }
        for (partition, end) in instance.leaving where end <= now {
            instance.leaving[partition] = nil
            if leases[partition]?.owner == name { leases[partition] = nil }
            if instance.table.held.contains(partition) { instance.table.gaveBack(partition, now: instant) }
        }
        if instance.next <= now {
            instance.next = now + LeaseTable.renewalMilliseconds
            round(of: name, &instance)
        }
        instances[name] = instance
    }

    /// What `Leases` does in a round.
    private mutating func round(of name: String, _ instance: inout Instance) {
        for partition in instance.table.expire(now: instant) { instance.leaving[partition] = nil }
        for partition in instance.table.others {
            let owner = leases[partition]?.owner
            instance.table.looked(partition, isFree: owner == nil || owner == name, asked: instant)
        }
        for partition in instance.table.held { ask(name, &instance, partition) }
        let standing = instance.inability.standing(isAble: instance.isAble, now: instant)
        announced[name] = standing == .able ? now + LeaseTable.milliseconds : nil
        switch standing {
        case .able:
            instance.table.announced(
                instances: announced.count, rank: announced.keys.count { $0 < name })
        case .unable: instance.table.unable()
        case .replaceable: instance.table.withdrawn(others: announced.count)
        }
        for partition in instance.table.surplus() { instance.leaving[partition] = now + pick(0...3_000) }
        for partition in instance.table.claims(shuffle: { $0.shuffled(using: &random) }) {
            ask(name, &instance, partition)
        }
    }

    private mutating func ask(_ name: String, _ instance: inout Instance, _ partition: Partition) {
        let isGranted = leases[partition].map { $0.owner == name } ?? true
        if isGranted { leases[partition] = (name, now + LeaseTable.milliseconds) }
        let change = instance.table.answered(partition, granted: isGranted, asked: instant, now: instant)
        if change == .gained { moves += 1 }
        if change == .lost { instance.leaving[partition] = nil }
    }

    private var instant: Instant { Instant(milliseconds: Int64(now)) }
}

/// A generator that gives the same numbers for the same seed.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
