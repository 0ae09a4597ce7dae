import Engine

/// Works through many things a slice at a time, so that what others wait for gets in between.
///
/// Belongs to its loop.
final class Slices<Item> {
    private let loop: EventLoop
    private let each: (Item) -> Void
    private var items: [Item] = []
    private var next = 0
    private var timer: Timer?

    /// With three commands to an item, what Redis does in a third of the pause.
    static var size: Int { 250 }
    private static var pauseMilliseconds: Int { 20 }

    /// Whether all that was begun with has been done.
    var isDone: Bool { items.isEmpty }

    init(loop: EventLoop, each: @escaping (Item) -> Void) {
        self.loop = loop
        self.each = each
    }

    /// Begins with the first slice at once; what is still to do of another beginning is dropped.
    func begin(_ items: [Item]) {
        self.items = items
        next = 0
        timer?.cancel()
        work()
    }

    /// Puts more behind what is to be done.
    func add(_ more: [Item]) {
        items += more
        if timer == nil { work() }
    }

    private func work() {
        timer = nil
        let end = min(next + Self.size, items.count)
        for item in items[next..<end] { each(item) }
        next = end
        guard next < items.count else {
            items = []
            next = 0
            return
        }
        timer = loop.schedule(afterMilliseconds: Self.pauseMilliseconds) { [weak self] in self?.work() }
    }
}
