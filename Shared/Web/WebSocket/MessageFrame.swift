public import Engine
internal import Synchronization

/// A message on its way to any number of receivers: framed once, and compressed once for all who can read the same.
///
/// It may go from loop to loop; each compresses by its own means what none has compressed before.
public final class MessageFrame: Sendable {
    /// The frame as it is without compression.
    public let plain: SharedBytes
    private let opcode: Opcode
    private let payloadStart: Int
    /// The frame for each size of window so far; the plain one, where compression gains nothing.
    private let variants = Mutex<[Variant]>([])

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

    private convenience init(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer) {
        self.init(FrameEncoder.frame(opcode, payload), opcode, payload.count)
    }

    private init(_ plain: SharedBytes, _ opcode: Opcode, _ payloadCount: Int) {
        self.plain = plain
        self.opcode = opcode
        payloadStart = plain.count - payloadCount
    }

    /// The frame for a receiver with such a window: made at first need, then shared.
    func bytes(windowBits: Int, by compression: Compression) -> SharedBytes {
        guard plain.count - payloadStart >= compression.minimumBytes else { return plain }
        let known = variants.withLock { $0.first { $0.windowBits == windowBits } }
        if let known { return known.bytes }
        let deflated = plain.withUnsafeBytes { frame in
            compression.frame(
                opcode, UnsafeRawBufferPointer(rebasing: frame[payloadStart...]), windowBits: windowBits)
        }
        let bytes = deflated.flatMap { $0.count < plain.count ? $0 : nil } ?? plain
        variants.withLock { $0.append(Variant(windowBits: windowBits, bytes: bytes)) }
        return bytes
    }
}
