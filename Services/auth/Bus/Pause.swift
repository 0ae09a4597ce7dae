import Engine

/// The wait before the next attempt: longer from time to time, and ended by whoever knows that it is of no use.
///
/// Belongs to its loop; one waits at a time.
final class Pause {
    /// How long the next one is.
    private(set) var milliseconds: Int
    private let loop: EventLoop
    private let range: ClosedRange<Int>
    private var wake: (() -> Void)?
    private var isClosed = false

    init(loop: EventLoop, milliseconds range: ClosedRange<Int>) {
        self.loop = loop
        self.range = range
        milliseconds = range.lowerBound
    }

    /// Waits its time, or until `end`; the next one is twice as long.
    func wait() async {
        guard !isClosed else { return }
        let length = milliseconds
        milliseconds = min(length * 2, range.upperBound)
        await withCheckedContinuation { continuation in
            let timer = loop.schedule(afterMilliseconds: length) { [weak self] in self?.resume() }
            wake = {
                timer.cancel()
                continuation.resume()
            }
        }
    }

    /// What was waited for may have come: no wait goes on, and the next one is short.
    func end() {
        milliseconds = range.lowerBound
        resume()
    }

    /// Nothing is waited for any more.
    func close() {
        isClosed = true
        resume()
    }

    private func resume() {
        let wake = wake
        self.wake = nil
        wake?()
    }
}
