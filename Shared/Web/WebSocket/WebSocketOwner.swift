/// Who is told what happens to a WebSocket: one object, rather than a closure for each kind of event.
///
/// The connection holds its owner until its socket is closed. What an owner does not care for need not be written.
public protocol WebSocketOwner: AnyObject {
    /// A frame of any kind has begun; what it brings is delivered after that.
    func frameBegan()
    /// A text message has come, known to be UTF-8; the bytes are good during the call only.
    func received(text: UnsafeRawBufferPointer)
    /// A binary message has come, where the limits allow them; good during the call only.
    func received(binary: UnsafeRawBufferPointer)
    /// A pong has come, with this payload; good during the call only.
    func ponged(_ payload: UnsafeRawBufferPointer)
    /// What is held for a message that is not whole yet has changed.
    func held(bytes: Int)
    /// The queue has fallen to a quarter of its bound or less after having been above that.
    func drained()
    /// The conversation is over; called once, and nothing else after it but `gone`.
    func closed(_ info: CloseInfo)
    /// The socket is closed too; called once, after `closed` or when that is about to be called.
    func gone()
}

extension WebSocketOwner {
    /// Does nothing.
    public func frameBegan() {}
    /// Does nothing.
    public func received(binary: UnsafeRawBufferPointer) {}
    /// Does nothing.
    public func ponged(_ payload: UnsafeRawBufferPointer) {}
    /// Does nothing.
    public func held(bytes: Int) {}
    /// Does nothing.
    public func drained() {}
    /// Does nothing.
    public func gone() {}
}
