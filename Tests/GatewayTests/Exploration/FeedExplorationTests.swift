import Bus
import Schema
import Testing

@testable import ChatGateway

/// The promises about the order of a room's log (protocol, 4.3), proven for all short histories.
///
/// What it found when it was written: one who caught up behind a feed that had had more than a Redis set back knows
/// read for ever; a join that had read an older member list than a comparison since could enter by it and was given
/// what came after its removal; a lead read across a set-back told a gap of what the archive had.
/// Long histories found since, each a short one now: where Redis was set back behind the archive, what only that had
/// still was told as a gap, or passed over at the end of an epoch, by pages and by leads; an epoch was said to begin
/// later than it had, where it was opened during a read for which the archive did not answer.
///
/// What it was seen to catch when the code was broken: a gap or an epoch that is not told, a live duplicate given, a
/// hole passed over unread, the version of the member list unheeded by the feed or by a page, one who is live before
/// the feed is met. What it cannot show: a resync dropped during a read, as the look at quiet rooms mends that.
@Suite(.serialized)
struct FeedExplorationTests {
    struct History: CustomTestStringConvertible {
        let testDescription: String
        let budget: [ModelAction: Int]
        let hasBob: Bool
        /// How many envelopes are in Redis and in the archive before it begins.
        let stored: Int
        let jump: Int64
        let splitsReads: Bool

        init(
            _ description: String, _ budget: [ModelAction: Int], hasBob: Bool = false, stored: Int = 0,
            jump: Int64 = 3, splitsReads: Bool = false
        ) {
            testDescription = description
            self.budget = budget
            self.hasBob = hasBob
            self.stored = stored
            self.jump = jump
            self.splitsReads = splitsReads
        }
    }

    @Test(arguments: [
        History("live envelopes are lost", [.joinFresh: 1, .accept: 3, .publishLost: 1]),
        History("the subscription is lost", [.joinFresh: 1, .accept: 2, .publishLost: 1, .disconnect: 1]),
        History(
            "one comes back with since",
            [.joinFresh: 1, .leave: 1, .joinWhereLeft: 1, .accept: 3, .publishLost: 1], hasBob: true),
        History(
            "one claims what nobody knows", [.joinFresh: 1, .joinAhead: 1, .accept: 2]),
        History(
            "Redis forgets what is archived",
            [.joinFromTheStart: 1, .accept: 2, .archive: 2, .forget: 2, .publishLost: 1]),
        History("Redis is restarted", [.joinFresh: 1, .accept: 2, .restart: 1]),
        History("Redis is restarted twice", [.joinFromTheStart: 1, .accept: 1, .restart: 2], jump: 0),
        History(
            "Redis is set back",
            [.joinFresh: 1, .accept: 2, .archive: 1, .restartLosing: 1]),
        History(
            "Redis is set back behind the archive, and one comes back",
            [.joinFromTheStart: 1, .accept: 1, .restartLosing: 1], stored: 4),
        History(
            "Redis is set back behind the archive, and one comes in",
            [.joinFresh: 1, .accept: 1, .restartLosing: 1], stored: 2),
        History(
            "Redis is set back behind the archive, and one has heard nothing",
            [.joinFresh: 1, .accept: 1, .restartLosing: 1], hasBob: true, stored: 2),
        History(
            "a new epoch has lost all that it had",
            [.joinFresh: 1, .accept: 1, .restart: 1, .restartLosing: 1], jump: 0, splitsReads: true),
        History(
            "the archive is silent",
            [
                .joinFresh: 1, .accept: 2, .restart: 1, .archiveSilentForFeed: 1,
                .archiveSilentForAlice: 1,
            ]),
        History(
            "the archive is silent about the beginning of an epoch that is opened during a read",
            [.accept: 2, .archive: 1, .forget: 1, .restart: 1, .archiveSilentForFeed: 1], hasBob: true,
            splitsReads: true),
        History(
            "one reads slowly", [.joinFromTheStart: 1, .accept: 2, .stall: 1, .publishLost: 1]),
        History(
            "one is removed",
            [.joinFresh: 1, .accept: 2, .aliceIsRemoved: 1, .memberChanges: 1], hasBob: true),
        History(
            "one is removed while catching up",
            [.joinFromTheStart: 1, .accept: 2, .aliceIsRemoved: 1, .stall: 1]),
        History(
            "commands come between two of a read",
            [.joinFromTheStart: 1, .accept: 2, .disconnect: 1], splitsReads: true),
    ])
    func everyShortHistoryKeepsThePromises(history: History) async throws {
        var explorer = Explorer()
        try await explorer.explore(gateway(history), ModelBudget(history.budget))
        #expect(explorer.count > 1_000)
    }

    /// Whatever happens over a long time; the seed of a failure makes it happen again.
    @Test(arguments: 1...400)
    func longHistoriesKeepThePromises(seed: UInt64) async throws {
        var random = SeededNumbers(seed: seed)
        var gateway = try gateway(
            History("", [:], hasBob: seed.isMultiple(of: 2), jump: Int64(seed % 3), splitsReads: true))
        for step in 1...600 {
            let action = ModelAction.allCases.randomElement(using: &random) ?? .accept
            // Once alice is out she stays out: that is the end of most that can happen.
            guard action != .aliceIsRemoved || step > 500 else { continue }
            do throws(Violation) {
                guard gateway.may(action) else { continue }
                _ = try gateway.perform(action)
                if step.isMultiple(of: 20) {
                    try gateway.checkRest()
                    await Task.yield()
                }
            } catch {
                throw Violation("\(error) at step \(step)")
            }
        }
    }

    private func gateway(_ history: History) throws -> ModelGateway {
        var gateway = ModelGateway(
            world: LogWorld(jump: history.jump), splitsReads: history.splitsReads)
        if history.hasBob { try letBobIn(&gateway) }
        for _ in 0..<history.stored {
            _ = try gateway.perform(.accept)
            _ = try gateway.perform(.archive)
        }
        return gateway
    }

    private func letBobIn(_ gateway: inout ModelGateway) throws {
        let (extent, mv) = gateway.world.enter()
        gateway.isSubscribed = true
        gateway.clients[.bob] = ModelClient()
        gateway.clients[.bob]?.joined(at: extent.newest, since: nil)
        let page = ModelPage(isLast: true, ground: LogGround(extent: extent))
        try gateway.run { $0.enter(.bob, mv: mv, at: nil, with: page, $1) }
    }
}

/// The same numbers for the same seed (SplitMix64).
private struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
