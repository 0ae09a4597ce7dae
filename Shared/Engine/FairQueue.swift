/// What waits, by whom it is for: each has a turn, and where there is no place who has most gives way.
///
/// A bound that all share is reached by one who asks for much, and everybody else finds no place: so that one loses the
/// newest of its own (McKenney, "Stochastic Fairness Queueing", 1990: the longest queue drops).
struct FairQueue<Owner: Hashable, Element> {
    let limit: Int
    private(set) var count = 0
    private var waiting: [Owner: [Element]] = [:]
    /// Those who have something waiting, the next to have a turn first.
    private var turns: [Owner] = []

    /// Makes a queue for so many elements of all together.
    init(limit: Int) { self.limit = max(limit, 0) }

    /// Adds an element; returns the one that there is no place for: this one, or the newest of who has most.
    mutating func add(_ element: Element, of owner: Owner) -> Element? {
        var refused: Element?
        if count >= limit {
            let longest = turns.max { depth(of: $0) < depth(of: $1) }
            guard let longest, depth(of: longest) > depth(of: owner) + 1 else { return element }
            refused = waiting[longest]?.popLast()
            count -= 1
        }
        if waiting[owner] == nil { turns.append(owner) }
        waiting[owner, default: []].append(element)
        count += 1
        return refused
    }

    /// Takes out the oldest of whose turn it is; what is not wanted any more goes before it, and is no turn.
    mutating func next(where isWanted: (Element) -> Bool = { _ in true }) -> Element? {
        while !turns.isEmpty {
            let owner = turns.removeFirst()
            var own = waiting.removeValue(forKey: owner) ?? []
            let first = own.firstIndex(where: isWanted)
            let element = first.map { own[$0] }
            let gone = first.map { $0 + 1 } ?? own.count
            own.removeFirst(gone)
            count -= gone
            if !own.isEmpty {
                waiting[owner] = own
                turns.append(owner)
            }
            if let element { return element }
        }
        return nil
    }

    private func depth(of owner: Owner) -> Int { waiting[owner]?.count ?? 0 }
}

extension FairQueue: Sendable where Owner: Sendable, Element: Sendable {}
