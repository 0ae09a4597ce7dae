/// Who hears a channel: one object, rather than a closure for each kind of event.
///
/// Whoever calls it holds it for as long as the channel is subscribed to.
public protocol ChannelListener: AnyObject {
    /// A message has come; its bytes are good during the call only.
    func received(_ message: UnsafeRawBufferPointer)
    /// Redis has confirmed the channel: every message published later arrives.
    ///
    /// Called each time, again after a reconnect.
    func confirmed()
}

/// A listener made of closures, for what is there only once.
public final class ChannelClosures: ChannelListener {
    private let onMessage: (UnsafeRawBufferPointer) -> Void
    private let onReady: () -> Void

    /// Takes what is called with each message, and at each confirmation.
    public init(onMessage: @escaping (UnsafeRawBufferPointer) -> Void, onReady: @escaping () -> Void) {
        self.onMessage = onMessage
        self.onReady = onReady
    }

    /// Passes a message on.
    public func received(_ message: UnsafeRawBufferPointer) { onMessage(message) }

    /// Passes the confirmation on.
    public func confirmed() { onReady() }
}
