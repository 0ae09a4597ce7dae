/// What a frame is; RFC 6455, 5.2.
public enum Opcode: UInt8, Sendable {
    /// A further part of a message.
    case continuation = 0
    /// The first part of a text message.
    case text = 1
    /// The first part of a binary message.
    case binary = 2
    /// The end of the conversation.
    case close = 8
    /// A question whether the other side lives.
    case ping = 9
    /// The answer to a ping.
    case pong = 10

    /// Whether it is about the connection, and may stand between the parts of a message.
    public var isControl: Bool { rawValue >= 8 }
}

/// The head of one frame.
public struct FrameHeader: Sendable, Equatable {
    /// Whether it is the last of its message.
    public var isFinal: Bool
    /// RSV1: the message is compressed, where that was agreed.
    public var rsv1 = false
    /// What the frame is.
    public var opcode: Opcode
    /// How many bytes of payload follow.
    public var length: Int
}

/// Bytes of a frame's payload, unmasked; a frame comes as one or more of these.
///
/// The bytes are good until the decoder's caller gives back the buffer they stand in.
public struct FramePart {
    /// The frame's head.
    public let header: FrameHeader
    /// What has come of the payload with this read; empty where only the head has come yet.
    public let bytes: UnsafeMutableRawBufferPointer
    /// Whether the frame begins here.
    public let isStart: Bool
    /// Whether the frame ends here.
    public let isEnd: Bool
}
