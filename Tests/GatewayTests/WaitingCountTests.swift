import Hosting
import Testing

@testable import ChatGateway

struct WaitingCountTests {
    private let gauge = Registry().gauge("parley_waits", help: "Waits.")

    @Test func loopsCountTogetherUpToTheBound() async {
        let (count, loops) = (WaitingCount(limit: 1_000, gauge: gauge), 0..<4)
        let entered = await withTaskGroup(of: Int.self) { group in
            for _ in loops {
                group.addTask { (0..<500).reduce(0) { sum, _ in sum + (count.enter() ? 1 : 0) } }
            }
            return await group.reduce(0, +)
        }
        #expect(entered == 1_000)
        #expect(count.isFull)
        #expect(gauge.value == 1_000)
    }

    @Test func whoMayNotBeTurnedAwayCountsToo() {
        let count = WaitingCount(limit: 2, gauge: gauge)
        count.add(3)
        #expect(count.isFull && !count.enter())
        count.add(-2)
        #expect(!count.isFull && count.enter() && !count.enter())
        #expect(gauge.value == 2)
    }
}
