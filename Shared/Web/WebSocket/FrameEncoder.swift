public import Engine

/// Writes a server's frames: unmasked, whole, the shortest length; RFC 6455, 5.2.
///
/// A frame built once may be sent to any number of receivers.
public enum FrameEncoder {
    /// A text frame; the bytes must be UTF-8.
    public static func text(_ payload: UnsafeRawBufferPointer) -> SharedBytes {
        frame(.text, payload)
    }

    /// A text frame; the bytes must be UTF-8.
    public static func text(_ payload: [UInt8]) -> SharedBytes {
        payload.withUnsafeBytes { frame(.text, $0) }
    }

    /// A binary frame.
    public static func binary(_ payload: UnsafeRawBufferPointer) -> SharedBytes {
        frame(.binary, payload)
    }

    /// A ping with at most 125 bytes of payload; what is beyond is left out.
    public static func ping(_ payload: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0))
        -> SharedBytes
    {
        frame(.ping, UnsafeRawBufferPointer(rebasing: payload.prefix(125)))
    }

    /// The pong for a ping's payload.
    public static func pong(_ payload: UnsafeRawBufferPointer) -> SharedBytes {
        frame(.pong, UnsafeRawBufferPointer(rebasing: payload.prefix(125)))
    }

    /// A close frame.
    public static func close(_ close: CloseFrame) -> SharedBytes {
        close.payload.withUnsafeBytes { frame(.close, $0) }
    }

    /// A final frame of any kind.
    public static func frame(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer, rsv1: Bool = false)
        -> SharedBytes
    {
        SharedBytes(capacity: payload.count + 10) { memory in
            let end = writeHead(opcode, payload.count, rsv1: rsv1, to: memory)
            UnsafeMutableRawBufferPointer(rebasing: memory[end...]).copyMemory(from: payload)
            return end + payload.count
        }
    }

    private static func writeHead(
        _ opcode: Opcode, _ length: Int, rsv1: Bool = false, to memory: UnsafeMutableRawBufferPointer
    ) -> Int {
        memory[0] = 0x80 | (rsv1 ? 0x40 : 0) | opcode.rawValue
        switch length {
        case ...125:
            memory[1] = UInt8(truncatingIfNeeded: length)
            return 2
        case ...0xFFFF:
            memory[1] = 126
            return writeLength(length, bytes: 2, to: memory)
        default:
            memory[1] = 127
            return writeLength(length, bytes: 8, to: memory)
        }
    }

    private static func writeLength(_ length: Int, bytes: Int, to memory: UnsafeMutableRawBufferPointer)
        -> Int
    {
        for index in 0..<bytes {
            memory[2 + index] = UInt8(truncatingIfNeeded: length >> ((bytes - 1 - index) * 8))
        }
        return 2 + bytes
    }
}
