import Engine
import Testing

@testable import ChatHistory

/// When an instance that cannot store leaves its partitions to others.
@Suite struct InabilityTests {
    private var inability = Inability()

    @Test mutating func whoCanStoreIsCounted() {
        let standing = found(true, at: 100_000)
        #expect(standing == .able)
    }

    @Test mutating func whoCannotIsNotCountedAndKeepsWhatItHasForFiveSeconds() {
        let standings = [found(false, at: 0), found(false, at: 4_999), found(false, at: 5_000)]
        #expect(standings == [.unable, .unable, .replaceable])
    }

    @Test mutating func eachInabilityIsCountedFromItsOwnBeginning() {
        let standings = [
            found(false, at: 0), found(true, at: 4_000), found(false, at: 6_000), found(false, at: 10_999),
            found(false, at: 11_000), found(true, at: 11_001),
        ]
        #expect(standings == [.unable, .able, .unable, .unable, .replaceable, .able])
    }

    private mutating func found(_ isAble: Bool, at milliseconds: Int64) -> Inability.Standing {
        inability.standing(isAble: isAble, now: Instant(milliseconds: milliseconds))
    }
}
