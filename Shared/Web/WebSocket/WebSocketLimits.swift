/// The bounds on one WebSocket; defaults are the product's.
public struct WebSocketLimits: Sendable, Equatable {
    /// Bytes of a message over all its fragments, and inflated where it is compressed; over it 1009.
    public var maxMessageBytes = 65_536
    /// Bytes of one frame's payload; over it 1009.
    public var maxFrameBytes = 65_536
    /// Frames of one message; over it 1009.
    ///
    /// Empty fragments would else go on for ever.
    public var maxFragments = 1_024
    /// Whether binary messages are taken; else they close 1003.
    public var allowsBinary = false
    /// Whether the first frame of a message may have RSV1 set, as permessage-deflate does (RFC 7692, 6).
    public var allowsRSV1 = false
    /// Bytes that may wait for a client that does not read; with more it is closed 1013 `slow_consumer`.
    public var queuedBytes = 1_048_576
    /// Milliseconds to read on after the close frame, so that a client in mid-send sees it.
    public var lingerMilliseconds = 2_000
    /// How many times that, where the close frame itself waits for a client that does not read.
    public var maxLingers = 15

    /// Makes the limits of the product; change what differs.
    public init() {}

    /// How long a frame's payload may be on the wire.
    func frameBytes(isDeflated: Bool) -> Int {
        isDeflated ? WebSocketLimits.deflatedBound(maxFrameBytes) : maxFrameBytes
    }

    /// How long a message's payload may be on the wire.
    func messageBytes(isDeflated: Bool) -> Int {
        isDeflated ? WebSocketLimits.deflatedBound(maxMessageBytes) : maxMessageBytes
    }

    /// What the least able encoder makes of so many bytes that cannot be compressed.
    private static func deflatedBound(_ count: Int) -> Int {
        let (sum, isOver) = count.addingReportingOverflow(count / 8 &+ count / 64 &+ 16)
        return isOver ? .max : sum
    }
}
