extension EventLoop {
    /// Waits for the first answer, so many milliseconds at most; nil where there is none by then.
    ///
    /// `ask` is called at once, and given what takes the answers; later ones are dropped. On the loop only.
    public func firstAnswer<Answer: Sendable>(
        withinMilliseconds bound: Int, _ ask: (_ answer: @escaping (Answer) -> Void) -> Void
    ) async -> Answer? {
        await withCheckedContinuation { continuation in
            var timer: Timer?
            var isAwaited = true
            let settle: (Answer?) -> Void = { answer in
                guard isAwaited else { return }
                isAwaited = false
                timer?.cancel()
                continuation.resume(returning: answer)
            }
            timer = schedule(afterMilliseconds: bound) { settle(nil) }
            ask { settle($0) }
        }
    }
}
