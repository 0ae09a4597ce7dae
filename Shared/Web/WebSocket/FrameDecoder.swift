/// Reads frames from bytes, however they are cut, and unmasks them in place; pure, after RFC 6455, 5.2.
///
/// It owns no memory but 14 bytes for a head that is cut: an announced length costs nothing until bytes come.
public struct FrameDecoder {
    private let expectsMask: Bool
    private let allowsRSV1: Bool
    private let allowsBinary: Bool
    private let maxFrameBytes: Int
    /// The longest payload on the wire, compressed or not.
    private let bound: Int
    private var head: [14 of UInt8] = .init(repeating: 0)
    private var filled = 0
    private var frame: FrameHeader?
    private var left = 0
    private var mask = Mask()

    /// Makes a decoder for what a client sends; `expectsMask: false` is for what a server sends.
    ///
    /// - Parameter allowsRSV1: in place of what the limits say, where given.
    public init(
        limits: WebSocketLimits = WebSocketLimits(), expectsMask: Bool = true, allowsRSV1: Bool? = nil
    ) {
        self.expectsMask = expectsMask
        self.allowsRSV1 = allowsRSV1 ?? limits.allowsRSV1
        allowsBinary = limits.allowsBinary
        maxFrameBytes = limits.maxFrameBytes
        bound = limits.frameBytes(isDeflated: self.allowsRSV1)
    }

    /// Takes the next part off `input`, or answers `nil` when it is used up.
    public mutating func next(_ input: inout UnsafeMutableRawBufferPointer) throws(WebError) -> FramePart? {
        if let frame {
            guard !input.isEmpty else { return nil }
            return payload(of: frame, isStart: false, &input)
        }
        guard let frame = try readHead(&input) else { return nil }
        return payload(of: frame, isStart: true, &input)
    }

    private mutating func payload(
        of header: FrameHeader, isStart: Bool, _ input: inout UnsafeMutableRawBufferPointer
    ) -> FramePart {
        let count = min(left, input.count)
        let bytes = UnsafeMutableRawBufferPointer(rebasing: input.prefix(count))
        input = UnsafeMutableRawBufferPointer(rebasing: input.dropFirst(count))
        if expectsMask { mask.apply(to: bytes) }
        left -= count
        frame = left == 0 ? nil : header
        return FramePart(header: header, bytes: bytes, isStart: isStart, isEnd: left == 0)
    }

    // MARK: The head

    private mutating func readHead(
        _ input: inout UnsafeMutableRawBufferPointer
    ) throws(WebError) -> FrameHeader? {
        var used = 0
        defer { input = UnsafeMutableRawBufferPointer(rebasing: input.dropFirst(used)) }
        while used < input.count {
            head[filled] = input[used]
            filled += 1
            used += 1
            guard let header = try headByteCame() else { continue }
            filled = 0
            left = header.length
            return header
        }
        return nil
    }

    /// Checks each byte as it comes, so that a wrong frame fails at its first wrong byte.
    private mutating func headByteCame() throws(WebError) -> FrameHeader? {
        if filled == 1 { try checkFirst() }
        if filled == 2 { try checkSecond() }
        guard filled >= 2 else { return nil }
        let lengthEnd = 2 + extendedLengthBytes
        if filled == lengthEnd { _ = try length() }
        guard filled == lengthEnd + (expectsMask ? 4 : 0), let opcode = Opcode(rawValue: head[0] & 0x0F)
        else {
            return nil
        }
        if expectsMask { mask = Mask(key: maskKey(at: lengthEnd)) }
        return FrameHeader(
            isFinal: head[0] & 0x80 != 0, rsv1: head[0] & 0x40 != 0, opcode: opcode, length: try length())
    }

    private func checkFirst() throws(WebError) {
        guard let opcode = Opcode(rawValue: head[0] & 0x0F) else {
            throw .protocolViolation("reserved opcode")
        }
        let isFirstOfData = opcode == .text || opcode == .binary
        let allowed: UInt8 = allowsRSV1 && isFirstOfData ? 0x40 : 0
        guard head[0] & 0x70 & ~allowed == 0 else { throw .protocolViolation("reserved bit") }
        guard !opcode.isControl || head[0] & 0x80 != 0 else {
            throw .protocolViolation("fragmented control frame")
        }
        guard opcode != .binary || allowsBinary else { throw .binaryNotSupported }
    }

    private func checkSecond() throws(WebError) {
        guard (head[1] & 0x80 != 0) == expectsMask else { throw .protocolViolation("mask") }
        guard head[0] & 0x08 == 0 || head[1] & 0x7F <= 125 else {
            throw .protocolViolation("long control frame")
        }
    }

    private var extendedLengthBytes: Int {
        switch head[1] & 0x7F {
        case 126: 2
        case 127: 8
        default: 0
        }
    }

    private func length() throws(WebError) -> Int {
        let bytes = extendedLengthBytes
        guard bytes > 0 else { return try checkedLength(UInt64(head[1] & 0x7F)) }
        var value: UInt64 = 0
        for index in 0..<bytes { value = value << 8 | UInt64(head[2 + index]) }
        // The shortest form is the only one (5.2), and the top bit of the long one stays 0.
        let isMinimal = bytes == 2 ? value > 125 : value > 0xFFFF
        guard isMinimal, value <= UInt64(Int64.max) else { throw .protocolViolation("length encoding") }
        return try checkedLength(value)
    }

    private func checkedLength(_ value: UInt64) throws(WebError) -> Int {
        // Whether a continuation is compressed is known to the assembler, which then looks more closely.
        guard let length = Int(exactly: value), head[0] & 0x08 != 0 || length <= bound else {
            throw .frameTooBig(limit: maxFrameBytes)
        }
        return length
    }

    private func maskKey(at index: Int) -> UInt32 {
        // First on the wire is lowest in memory.
        UInt32(head[index]) | UInt32(head[index + 1]) << 8 | UInt32(head[index + 2]) << 16
            | UInt32(head[index + 3]) << 24
    }
}
