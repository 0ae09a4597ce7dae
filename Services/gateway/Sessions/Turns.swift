/// Lets so many pieces of work go on at once; the others wait, in the order in which they came.
///
/// Belongs to its loop.
final class Turns {
    private let most: Int
    private var underWay = 0
    private var waiting: [() -> Void] = []

    init(most: Int) { self.most = most }

    /// Waits for a turn; whoever has had it says `leave`.
    func enter() async {
        guard underWay >= most else { return underWay += 1 }
        // The turn of one who leaves is handed on: it stays counted.
        await withCheckedContinuation { continuation in
            waiting.append { continuation.resume() }
        }
    }

    func leave() {
        guard !waiting.isEmpty else { return underWay -= 1 }
        waiting.removeFirst()()
    }
}
