import Engine
import Schema
import Testing

@testable import ChatGateway

struct HoldUpsTests {
    /// Milliseconds before the message came (below 0) or after it: of what held one up, and of what was heard of Redis.
    @Test(
        arguments: [
            (nil, 4_000, true), (-1, 4_000, true), (0, 4_000, false), (1_000, 4_000, false),
            (nil, 3_501, true),
            (nil, 3_500, false), (nil, nil, false),
        ] as [(Int?, Int?, Bool)])
    func overloadIsWhatOnlyThoseBeforeItAreToBlameFor(heldUp: Int?, heard: Int?, isOverload: Bool) {
        let arrived = Instant.current()
        let now = arrived.advanced(byMilliseconds: 5_000)
        var holdUps = HoldUps()
        heldUp.map { holdUps.note(at: arrived.advanced(byMilliseconds: $0)) }
        let code = holdUps.refusal(
            of: arrived, heard: heard.map { arrived.advanced(byMilliseconds: $0) }, at: now)
        #expect(code == (isOverload ? .overloaded : .busUnavailable))
    }
}
