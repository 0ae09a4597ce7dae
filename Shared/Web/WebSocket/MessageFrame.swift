public import Engine
internal import Synchronization

/// A message on its way to any number of receivers: framed once, and compressed once for all who can read the same.
///
/// Several that all the same receivers get may be joined to one: each receiver's queue then holds one buffer of
/// whole frames instead of many. It may go from loop to loop; each compresses by its own means what none has compressed before.
public final class MessageFrame: Sendable {
    /// The frame as it is without compression.
    public let plain: SharedBytes
    private let content: Content
    /// The frame for each size of window so far; the plain one, where compression gains nothing.
    private let variants = Mutex<[Variant]>([])

    private enum Content {
        case message(Opcode, payloadStart: Int)
        case joined([MessageFrame])
    }

    private struct Variant {
        let windowBits: Int
        let bytes: SharedBytes
    }

    /// A text; the bytes must be UTF-8.
    public convenience init(text: UnsafeRawBufferPointer) {
        self.init(.text, text)
    }

    /// A text; the bytes must be UTF-8.
    public convenience init(text: [UInt8]) {
        self.init(FrameEncoder.text(text), .text, text.count)
    }

    /// A binary message.
    public convenience init(binary: UnsafeRawBufferPointer) {
        self.init(.binary, binary)
    }

    /// The frames of several messages, one after another.
    public init(joining frames: [MessageFrame]) {
        plain = SharedBytes(joining: frames.map(\.plain))
        content = .joined(frames)
    }

    private convenience init(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        self.init(FrameEncoder.frame(opcode, payload), opcode, payload.count)
    }

    private init(_ plain: SharedBytes, _ opcode: Opcode, _ payloadCount: Int) {
        self.plain = plain
        content = .message(opcode, payloadStart: plain.count - payloadCount)
    }

    /// The frame for a receiver with such a window: made at first need, then shared.
    func bytes(windowBits: Int, by compression: Compression) -> SharedBytes {
        // A length that no message inside can reach either needs no look at what is known.
        guard plain.count >= compression.minimumBytes else { return plain }
        let known = variants.withLock { $0.first { $0.windowBits == windowBits } }
        if let known { return known.bytes }
        let bytes = made(windowBits: windowBits, by: compression)
        variants.withLock { $0.append(Variant(windowBits: windowBits, bytes: bytes)) }
        return bytes
    }

    private func made(windowBits: Int, by compression: Compression) -> SharedBytes {
        switch content {
        case .message(let opcode, let payloadStart):
            let deflated = plain.withUnsafeBytes { frame in
                compression.frame(
                    opcode, UnsafeRawBufferPointer(rebasing: frame[payloadStart...]), windowBits: windowBits)
            }
            return deflated.flatMap { $0.count < plain.count ? $0 : nil } ?? plain
        case .joined(let frames):
            let parts = frames.map { $0.bytes(windowBits: windowBits, by: compression) }
            return zip(parts, frames).allSatisfy { $0 === $1.plain } ? plain : SharedBytes(joining: parts)
        }
    }
}
