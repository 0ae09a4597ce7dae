/// A call in the future, on one loop.
///
/// Belongs to its loop: made and cancelled there only. Letting go of it does not cancel it.
public final class Timer: WheelEntry {
    private var body: (() -> Void)?
    // Unowned, as the loop holds it while it waits; who waits nowhere does not ask for the loop.
    private unowned let loop: EventLoop
    private let interval: Int?
    /// Whether a task waits for it.
    let isSleep: Bool
    var place = WheelPlace<Timer>()

    init(loop: EventLoop, interval: Int?, isSleep: Bool = false, body: @escaping () -> Void) {
        self.isSleep = isSleep
        self.loop = loop
        self.interval = interval
        self.body = body
    }

    /// Makes sure that it is not called any more, and lets go of what the call would have needed.
    public func cancel() {
        if place.slot != nil { loop.disarm(self) }
        body = nil
    }

    func fire() {
        guard let body else { return }
        if let interval {
            loop.arm(self, afterMilliseconds: interval)
        } else {
            self.body = nil
        }
        body()
    }
}
