/// The payload of a close frame; RFC 6455, 5.5.1.
public struct CloseFrame: Sendable, Hashable {
    /// The code, or `nil` where the payload was empty.
    public var code: CloseCode?
    /// The reason; for us a stable word.
    public var reason: String

    /// Makes a payload; a reason too long for a control frame is cut at a character.
    public init(code: CloseCode?, reason: String = "") {
        self.code = code
        self.reason = CloseFrame.cut(reason)
    }

    /// Reads a payload that a peer sent.
    public init(payload: UnsafeRawBufferPointer) throws(WebError) {
        guard !payload.isEmpty else {
            (code, reason) = (nil, "")
            return
        }
        guard payload.count >= 2 else { throw .protocolViolation("close payload") }
        let code = CloseCode(UInt16(payload[0]) << 8 | UInt16(payload[1]))
        guard code.isSendable else { throw .protocolViolation("close code") }
        guard let reason = String(validating: payload.dropFirst(2), as: UTF8.self) else { throw .invalidUTF8 }
        self.code = code
        self.reason = reason
    }

    /// The bytes of the payload.
    public var payload: [UInt8] {
        guard let code else { return [] }
        return [UInt8(truncatingIfNeeded: code.number >> 8), UInt8(truncatingIfNeeded: code.number)]
            + reason.utf8
    }

    private static func cut(_ reason: String) -> String {
        var reason = reason
        while reason.utf8.count > 123 { reason.removeLast() }
        return reason
    }
}
