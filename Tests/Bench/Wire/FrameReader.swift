import Web

/// Reads a server's messages from bytes, however they are cut.
///
/// A message that came whole is lent from the read buffer; only one that is cut is copied, and an idle connection holds
/// nothing. Fragmented messages are refused: no peer of the bench sends them.
struct FrameReader {
    private var decoder: FrameDecoder
    /// What has come of a frame that is not whole yet.
    private var begun: [UInt8] = []

    init() {
        var limits = WebSocketLimits()
        limits.allowsBinary = true
        limits.maxFrameBytes = 16 << 20
        limits.maxMessageBytes = 16 << 20
        decoder = FrameDecoder(limits: limits, expectsMask: false)
    }

    /// Calls `body` with each frame that is whole now; the bytes are good during the call only.
    mutating func read(
        _ bytes: UnsafeMutableRawBufferPointer, _ body: (Opcode, UnsafeRawBufferPointer) -> Void
    ) throws(WebError) {
        var rest = bytes
        while let part = try decoder.next(&rest) {
            guard part.header.isFinal, part.header.opcode != .continuation else {
                throw .protocolViolation("fragmented message")
            }
            if part.isStart, part.isEnd {
                body(part.header.opcode, UnsafeRawBufferPointer(part.bytes))
            } else {
                begun.append(contentsOf: part.bytes)
                guard part.isEnd else { continue }
                let whole = begun
                begun = []
                whole.withUnsafeBytes { body(part.header.opcode, $0) }
            }
        }
    }
}
