/// Puts messages together from the parts of frames, and checks text as it comes; pure, after RFC 6455, 5.4.
///
/// A message that came whole in one read is handed out where it stands, without a copy. Between messages
/// it holds no memory, so that an idle connection has no receive buffer.
public struct MessageAssembler {
    /// Bytes handed out: in the caller's buffer, or collected over several reads.
    public enum Payload {
        /// In the buffer that the parts came from.
        case borrowed(UnsafeRawBufferPointer)
        /// Collected.
        case collected([UInt8])

        /// Lends the bytes.
        public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
            switch self {
            case .borrowed(let bytes): try body(bytes)
            case .collected(let bytes): try bytes.withUnsafeBytes(body)
            }
        }
    }

    /// What has come in whole.
    public enum Event {
        /// A text, checked to be UTF-8.
        case text(Payload)
        /// A binary message.
        case binary(Payload)
        /// A compressed message, as it came: inflated, it is a text, not checked yet, or binary.
        case deflated(isText: Bool, Payload)
        /// A ping, to be answered with the same payload.
        case ping(Payload)
        /// A pong.
        case pong(Payload)
        /// The peer closes.
        case close(CloseFrame)
    }

    private struct Message {
        let opcode: Opcode
        let isDeflated: Bool
        var byteCount = 0
        var fragments = 0
        var utf8 = UTF8Check()

        init(_ first: FrameHeader) {
            opcode = first.opcode
            isDeflated = first.rsv1
        }
    }

    let limits: WebSocketLimits
    private var message: Message?
    private var collected: [UInt8] = []
    private var control: [UInt8] = []

    /// Makes an assembler for one direction of one connection.
    public init(limits: WebSocketLimits = WebSocketLimits()) {
        self.limits = limits
    }

    /// Bytes held for a message that is not whole yet.
    public var heldBytes: Int { collected.count + control.count }

    /// Takes the next part of a frame, and answers what has become whole by it.
    public mutating func take(_ part: FramePart) throws(WebError) -> Event? {
        part.header.opcode.isControl ? try takeControl(part) : try takeData(part)
    }

    // MARK: Control frames

    private mutating func takeControl(_ part: FramePart) throws(WebError) -> Event? {
        let isWhole = part.isStart && part.isEnd
        guard let payload = Self.collect(part, isWhole: isWhole, isLast: part.isEnd, into: &control) else {
            return nil
        }
        switch part.header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default: return .close(try MessageAssembler.closeFrame(payload))
        }
    }

    private static func closeFrame(_ payload: Payload) throws(WebError) -> CloseFrame {
        // Typed throws do not pass through the generic closure; the result does.
        let result: Result<CloseFrame, WebError> = payload.withUnsafeBytes { bytes in
            do throws(WebError) {
                return .success(try CloseFrame(payload: bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    // MARK: Messages

    private mutating func takeData(_ part: FramePart) throws(WebError) -> Event? {
        var current = part.isStart ? try begin(part.header) : message ?? Message(part.header)
        let bytes = UnsafeRawBufferPointer(part.bytes)
        if current.opcode == .text, !current.isDeflated {
            guard current.utf8.check(bytes) else { throw .invalidUTF8 }
        }
        let isLast = part.isEnd && part.header.isFinal
        let isWhole = isLast && part.isStart && current.fragments == 1
        message = isLast ? nil : current
        guard let payload = Self.collect(part, isWhole: isWhole, isLast: isLast, into: &collected) else {
            return nil
        }
        guard !current.isDeflated else { return .deflated(isText: current.opcode == .text, payload) }
        guard current.opcode == .text else { return .binary(payload) }
        guard current.utf8.isComplete else { throw .invalidUTF8 }
        return .text(payload)
    }

    /// Checks a frame's place and size when its head has come, before any of its payload is kept.
    private func begin(_ header: FrameHeader) throws(WebError) -> Message {
        guard (header.opcode == .continuation) == (message != nil) else {
            throw .protocolViolation("fragment out of order")
        }
        var message = message ?? Message(header)
        message.fragments += 1
        guard header.length <= limits.frameBytes(isDeflated: message.isDeflated) else {
            throw .frameTooBig(limit: limits.maxFrameBytes)
        }
        let (sum, isOver) = message.byteCount.addingReportingOverflow(header.length)
        guard !isOver, sum <= limits.messageBytes(isDeflated: message.isDeflated) else {
            throw .messageTooBig(limit: limits.maxMessageBytes)
        }
        guard message.fragments <= limits.maxFragments else {
            throw .tooManyFragments(limit: limits.maxFragments)
        }
        message.byteCount = sum
        return message
    }

    /// Keeps a part, or hands out all that was kept with it.
    private static func collect(
        _ part: FramePart, isWhole: Bool, isLast: Bool, into kept: inout [UInt8]
    ) -> Payload? {
        guard !isWhole else { return .borrowed(UnsafeRawBufferPointer(part.bytes)) }
        kept.append(contentsOf: part.bytes)
        guard isLast else { return nil }
        defer { kept = [] }
        return .collected(kept)
    }
}
