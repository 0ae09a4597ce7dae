@testable import ChatGateway

/// Walks through all that can happen to a gateway within a budget, each state once, and lets every state come to rest.
struct Explorer {
    /// How a state was come by.
    private final class Path {
        let action: ModelAction
        let before: Path?

        init(_ action: ModelAction, _ before: Path?) {
            self.action = action
            self.before = before
        }

        var actions: [ModelAction] { (before?.actions ?? []) + [action] }
    }

    private struct State: Hashable {
        var gateway: ModelGateway
        var budget: ModelBudget
    }

    /// A history is to be short.
    private static let limit = 40_000

    /// How many states there are.
    private(set) var count = 0

    /// - Throws: the first broken promise, and how it came about.
    mutating func explore(_ gateway: ModelGateway, _ budget: ModelBudget) async throws(Violation) {
        // Sixty-four bits stand for a state: two in a few hundred thousand hardly ever share them.
        var seen: Set<Int> = []
        var stack: [(State, Path?)] = [(State(gateway: gateway, budget: budget), nil)]
        while let (state, path) = stack.popLast() {
            guard seen.insert(state.hashValue).inserted else { continue }
            count += 1
            guard count <= Self.limit else { throw Violation("a history of more than \(Self.limit) states") }
            // Others have clocks to keep.
            if count.isMultiple(of: 100) { await Task.yield() }
            var isResting = true
            for action in ModelAction.allCases {
                guard let budget = state.budget.spending(action), state.gateway.may(action) else { continue }
                var next = State(gateway: state.gateway, budget: budget)
                let path = Path(action, path)
                let happens = try Self.explained(path) { () throws(Violation) in
                    try next.gateway.perform(action)
                }
                guard happens else { continue }
                stack.append((next, path))
                if ModelBudget.answers.contains(action) { isResting = false }
            }
            // Any other state comes to one of these by answers alone.
            if isResting {
                try Self.explained(path) { () throws(Violation) in try state.gateway.checkRest() }
            }
        }
    }

    private static func explained<T>(
        _ path: Path?, _ body: () throws(Violation) -> T
    ) throws(Violation) -> T {
        do throws(Violation) {
            return try body()
        } catch {
            let actions = (path?.actions ?? []).map { "\($0)" }.joined(separator: ", ")
            throw Violation("\(error) after: \(actions)")
        }
    }
}

extension ModelGateway {
    /// Lets everything be answered, and finds whoever still lacks something then.
    func checkRest() throws(Violation) {
        var rest = self
        var steps = 0
        while true {
            var hasMoved = false
            for action in ModelBudget.answers + [.compare] { if try rest.perform(action) { hasMoved = true } }
            guard hasMoved else { break }
            steps += 1
            guard steps < 1_000 else { throw Violation("it never comes to rest") }
        }
        for (member, client) in rest.clients {
            if let problem = client.finds(missing: rest.world) { throw Violation("\(member) \(problem)") }
            if client.isIn, !rest.world.isMember(member) { throw Violation("\(member) is never put out") }
        }
    }
}
