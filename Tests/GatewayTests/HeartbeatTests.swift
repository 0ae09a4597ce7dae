import Engine
import Testing

@testable import ChatGateway

struct HeartbeatTests {
    private let start = Instant.current()
    private var heartbeat: Heartbeat

    init() { heartbeat = Heartbeat(from: start) }

    private mutating func due(
        afterSeconds seconds: [Int], lastHeardAfter heard: Int? = nil
    ) -> [Heartbeat.Due] {
        seconds.map {
            heartbeat.due(
                at: start.advanced(byMilliseconds: $0 * 1_000),
                lastHeard: start.advanced(byMilliseconds: (heard ?? $0) * 1_000), pingSeconds: 25,
                silenceSeconds: 60)
        }
    }

    @Test mutating func aPingGoesOutEachTimeItIsDue() {
        let due = due(afterSeconds: [24, 25, 26, 49, 50, 51])
        #expect(due == [[], .ping, [], [], .ping, []])
    }

    @Test mutating func whoHasBeenSilentIsEndedAndAskedNothing() {
        let due = due(afterSeconds: [59, 60], lastHeardAfter: 0)
        #expect(due == [.ping, .end])
    }

    @Test mutating func whoIsNotReadFromIsNotSilent() {
        let due = heartbeat.due(
            at: start.advanced(byMilliseconds: 600_000), lastHeard: nil, pingSeconds: 25, silenceSeconds: 60)
        #expect(due.contains(.ping) && !due.contains(.end))
    }

    @Test mutating func theRoomsAreStatedAnewBeforeTheyAreForgotten() {
        let seconds = SessionRooms.restateMilliseconds / 1_000
        let due = due(afterSeconds: [seconds - 1, seconds, seconds + 1, 2 * seconds])
        #expect(due == [.ping, .restatement, [], [.ping, .restatement]])
    }
}
