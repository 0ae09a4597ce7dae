internal import Engine

/// The compression of one loop: what all its connections share.
///
/// Belongs to its loop. Connections hold nothing of it but what they have agreed on.
public final class Compression {
    /// How many bytes a message must have to be compressed: shorter ones gain nothing.
    public let minimumBytes: Int
    /// Called when a message has been compressed, with its length before and after.
    public var onDeflated: ((_ plain: Int, _ deflated: Int) -> Void)?
    /// Called when a compressed frame is sent, with the bytes that its receiver is spared.
    public var onSpared: ((_ bytes: Int) -> Void)?
    /// Called when a compressed message has come, with its length before and after.
    public var onInflated: ((_ deflated: Int, _ plain: Int) -> Void)?

    private let inflater = Inflater()
    private var deflaters: [Int: Deflater] = [:]

    /// Makes the compression of a loop.
    public init(minimumBytes: Int = 256) {
        self.minimumBytes = max(minimumBytes, 1)
    }

    /// A message in clear; good until the next call.
    func inflate(_ payload: UnsafeRawBufferPointer, limit: Int) throws(WebError) -> MessageAssembler.Payload {
        let message = try inflater.inflate(payload, limit: limit)
        onInflated?(payload.count, message.withUnsafeBytes(\.count))
        return message
    }

    /// The compressed frame of a message; `nil` where that is not worth while.
    func frame(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer, windowBits: Int) -> SharedBytes? {
        guard payload.count >= minimumBytes, let deflater = deflater(windowBits) else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: payload.count, alignment: 1) { memory in
            guard let count = deflater.deflate(payload, into: memory) else { return nil }
            onDeflated?(payload.count, count)
            let deflated = UnsafeRawBufferPointer(rebasing: memory[..<count])
            return FrameEncoder.frame(opcode, deflated, rsv1: true)
        }
    }

    /// Made at first need: nearly all clients take the largest window.
    private func deflater(_ windowBits: Int) -> Deflater? {
        if let deflater = deflaters[windowBits] { return deflater }
        let deflater = Deflater(windowBits: windowBits)
        deflaters[windowBits] = deflater
        return deflater
    }
}

/// What one connection compresses by.
struct ConnectionCompression {
    let compression: Compression
    let agreement: CompressionAgreement

    /// `nil` where nothing is offered that can be kept.
    init?(_ compression: Compression, answering offers: [ExtensionOffer]) {
        guard let agreement = CompressionAgreement(answering: offers) else { return nil }
        self.compression = compression
        self.agreement = agreement
    }

    /// The bytes to send for a message.
    func bytes(of frame: MessageFrame) -> SharedBytes {
        let bytes = frame.bytes(windowBits: agreement.windowBits, by: compression)
        if bytes !== frame.plain { compression.onSpared?(frame.plain.count - bytes.count) }
        return bytes
    }
}
