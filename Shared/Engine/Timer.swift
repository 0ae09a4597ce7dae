/// A call in the future, on one loop.
///
/// Belongs to its loop: made and cancelled there only. Letting go of it does not cancel it.
public final class Timer {
    private var body: (() -> Void)?
    private let interval: Int?
    private unowned let loop: EventLoop

    init(loop: EventLoop, interval: Int?, body: @escaping () -> Void) {
        self.loop = loop
        self.interval = interval
        self.body = body
    }

    /// Makes sure that it is not called any more, and lets go of what the call would have needed.
    public func cancel() { body = nil }

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
