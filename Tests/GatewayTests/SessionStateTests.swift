import Bus
import Engine
import Schema
import Testing

@testable import ChatGateway

struct SessionStateTests {
    private func known(expires: Int64, at now: Int64 = 0) throws -> SessionState {
        var state = SessionState(isJudging: false)
        let user = try #require(UserHandle("alice"))
        let identity = Identity(user: user, name: "Alice", roles: [], sessionID: nil, expires: expires)
        state.known(identity, at: now)
        return state
    }

    /// Whether each of these frames, so many milliseconds apart, was one too many.
    private func floods(_ count: Int, everyMilliseconds interval: Int64) -> [Bool] {
        var state = SessionState(isJudging: false)
        return (0..<count).map { state.noteMalformed(at: Instant(milliseconds: Int64($0) * interval)) }
    }

    @Test func theTwentyFirstMalformedFrameInTenSecondsIsAFlood() {
        #expect(floods(21, everyMilliseconds: 499) == Array(repeating: false, count: 20) + [true])
    }

    @Test func slowMistakesAreNoFlood() {
        #expect(!floods(100, everyMilliseconds: 500).contains(true))
    }

    /// How many frames of so many bytes a stranger may send.
    private func frames(ofBytes count: Int) -> Int {
        var state = SessionState(isJudging: false)
        return (0..<1_000).prefix { _ in !state.noteBeforeKnown(bytes: count) }.count
    }

    @Test func aStrangerSaysLittle() {
        #expect(frames(ofBytes: 0) == 100)
        #expect(frames(ofBytes: 1_024) == 100)
        #expect(frames(ofBytes: 1_025) == 50)
        #expect(frames(ofBytes: 65_536) == 1)
    }

    @Test func theEndOfATokenIsToldOnceAndThenKept() throws {
        var state = try known(expires: 1_000)
        expectAdvice(.nothing, &state, at: 939_999)
        expectAdvice(.warn(seconds: 60), &state, at: 940_000)
        expectAdvice(.nothing, &state, at: 950_000)
        expectAdvice(.close, &state, at: 1_000_000)
    }

    @Test func aTokenThatIsGoodByItsIssuersClockOnlyLastsAsMuchLonger() throws {
        var state = try known(expires: 1_000, at: 1_000_000)
        expectAdvice(.warn(seconds: 30), &state, at: 1_000_000)
        expectAdvice(.nothing, &state, at: 1_029_999)
        expectAdvice(.close, &state, at: 1_030_000)
    }

    @Test func aNewTokenBeginsAnew() throws {
        var state = try known(expires: 1_000)
        _ = state.adviseOnToken(at: 990_000)
        var identity = try #require(state.identity)
        identity.expires = 2_000
        state.known(identity, at: 990_000)
        expectAdvice(.nothing, &state, at: 1_000_000)
        expectAdvice(.warn(seconds: 50), &state, at: 1_950_000)
    }

    private func expectAdvice(
        _ expected: SessionState.TokenAdvice, _ state: inout SessionState, at now: Int64
    ) {
        let advice = state.adviseOnToken(at: now)
        #expect(advice == expected)
    }
}
