import Testing

@testable import ChatGateway

@Suite("A gateway that ends closes its connections in batches, within half of its time")
struct DrainPlanTests {
    @Test("Nobody goes before the notice has been read, and few go together")
    func few() {
        let plan = DrainPlan(connections: 50, milliseconds: 10_000)
        #expect((plan.due(after: 0), plan.due(after: 199), plan.due(after: 200)) == (0, 0, 50))
    }

    @Test("Many go evenly", arguments: [51, 1_000, 20_000, 20_001])
    func many(connections: Int) {
        let plan = DrainPlan(connections: connections, milliseconds: 10_000)
        var before = 0
        var steps: [Int] = []
        for elapsed in stride(from: 0, through: 10_000, by: 100) {
            let due = plan.due(after: elapsed)
            if due != before { steps.append(due - before) }
            before = due
        }
        #expect(before == connections)
        let most = steps.max() ?? 0
        #expect(most - (steps.min() ?? 0) <= 1)
        #expect(most <= max(50, connections / 50 + 1))
        // Half of the time, and the notice.
        #expect(plan.due(after: 5_200) == connections)
    }

    @Test("The end of the time is the end for all", arguments: [0, 100, 150])
    func end(milliseconds: Int) {
        let plan = DrainPlan(connections: 1_000, milliseconds: milliseconds)
        #expect(plan.due(after: milliseconds) == 1_000)
    }

    @Test("With nobody there, nothing is due")
    func nobody() { #expect(DrainPlan(connections: 0, milliseconds: 10_000).due(after: 5_000) == 0) }

    @Test("Loops that end together send away together what one would", arguments: [2, 3, 25])
    func loops(count: Int) {
        let plan = DrainPlan(connections: 100, milliseconds: 10_000, loops: count)
        #expect((plan.due(after: 0), plan.due(after: 5_200)) == (0, 100))
        #expect((1...max(1, 50 / count)).contains(plan.due(after: 200)))
    }
}
