extension Stream {
    /// The callbacks that are set for a while only.
    final class RareCallbacks {
        var onEnd: (() -> Void)?
        var onShutdown: (() -> Void)?
        var onDrain: (() -> Void)?

        var isEmpty: Bool { onEnd == nil && onShutdown == nil && onDrain == nil }
    }

    /// Called when the other side has ended its half; without a callback the stream closes then.
    public var onEnd: (() -> Void)? {
        get { rare?.onEnd }
        set { change { $0.onEnd = newValue } }
    }

    /// Called once our half is ended, as `shutdownWrite` has asked: all that was queued has left.
    public var onShutdown: (() -> Void)? {
        get { rare?.onShutdown }
        set { change { $0.onShutdown = newValue } }
    }

    /// Called when the queue has fallen to `drainMark` or less after having been above that.
    public var onDrain: (() -> Void)? {
        get { rare?.onDrain }
        set { change { $0.onDrain = newValue } }
    }

    private func change(_ body: (RareCallbacks) -> Void) {
        let callbacks = rare ?? RareCallbacks()
        body(callbacks)
        rare = callbacks.isEmpty ? nil : callbacks
    }
}
