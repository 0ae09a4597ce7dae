import Engine

@testable import Web

/// Frames and messages, masked as a client sends them and unmasked as a server does.
enum WebSocketTarget: FuzzTarget {
    fileprivate enum Said: Equatable {
        case text([UInt8])
        case binary([UInt8])
        case deflated(isText: Bool, [UInt8])
        case ping([UInt8])
        case pong([UInt8])
        case close(CloseFrame)
        case failure(WebError)
    }

    static func read(_ input: [UInt8]) {
        for isMasked in [true, false] {
            for limits in [WebSocketLimits(), tight] {
                let whole = conversation([input], limits, isMasked: isMasked)
                let cut = conversation(pieces(of: input), limits, isMasked: isMasked)
                require(cut == whole, "a message differs by how it was cut")
                for event in whole { check(event) }
            }
        }
    }

    /// So small that inputs reach them, and with all that may be agreed upon.
    private static let tight: WebSocketLimits = {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = 150
        limits.maxFrameBytes = 130
        limits.maxFragments = 3
        limits.allowsBinary = true
        limits.allowsRSV1 = true
        return limits
    }()

    /// One for all, as on a loop.
    nonisolated(unsafe) private static let inflater = Inflater()

    private static func conversation(
        _ parts: [[UInt8]], _ limits: WebSocketLimits, isMasked: Bool
    ) -> [Said] {
        var decoder = FrameDecoder(limits: limits, expectsMask: isMasked)
        var assembler = MessageAssembler(limits: limits)
        var said: [Said] = []
        for part in parts {
            var bytes = part  // written into
            let failure: WebError? = bytes.withUnsafeMutableBytes { buffer in
                var rest = buffer
                do throws(WebError) {
                    while let part = try decoder.next(&rest) {
                        if let event = try assembler.take(part) { said.append(Said(event, limits)) }
                        require(
                            assembler.heldBytes <= limits.maxMessageBytes + 125, "more is kept than a message"
                        )
                    }
                    require(rest.isEmpty, "bytes were left behind")
                    return nil
                } catch {
                    return error
                }
            }
            if let failure { return said + [.failure(failure)] }
        }
        return said
    }

    /// Text is UTF-8, and what was understood comes back when it is written again.
    private static func check(_ event: Said) {
        switch event {
        case .text(let bytes):
            require(String(validating: bytes, as: UTF8.self) != nil, "a text that is not UTF-8")
            require(again(FrameEncoder.text(bytes)) == [event], "a text does not come back")
        case .binary(let bytes):
            require(
                again(bytes.withUnsafeBytes { FrameEncoder.binary($0) }) == [event],
                "binary does not come back")
        case .deflated(_, let bytes):
            // What it says in clear is for the target of inflating: here that it was allowed.
            _ = InflateTarget.inflated(bytes, by: inflater, tight.maxMessageBytes)
        case .ping(let bytes):
            require(
                again(bytes.withUnsafeBytes { FrameEncoder.ping($0) }) == [event], "a ping does not come back"
            )
        case .pong(let bytes):
            require(
                again(bytes.withUnsafeBytes { FrameEncoder.pong($0) }) == [event], "a pong does not come back"
            )
        case .close(let close):
            require(again(FrameEncoder.close(close)) == [event], "a close frame does not come back")
        case .failure(let error):
            require(error.close.code.isSendable, "a code that may not be sent")
        }
    }

    private static func again(_ frame: SharedBytes) -> [Said] {
        var limits = WebSocketLimits()
        limits.allowsBinary = true
        return conversation([frame.withUnsafeBytes { Array($0) }], limits, isMasked: false)
    }
}

extension WebSocketTarget.Said {
    fileprivate init(_ event: MessageAssembler.Event, _ limits: WebSocketLimits) {
        switch event {
        case .text(let payload): self = .text(payload.withUnsafeBytes { Array($0) })
        case .binary(let payload): self = .binary(payload.withUnsafeBytes { Array($0) })
        case .deflated(let isText, let payload):
            require(limits.allowsRSV1, "a compressed message where none was agreed on")
            self = .deflated(isText: isText, payload.withUnsafeBytes { Array($0) })
        case .ping(let payload): self = .ping(payload.withUnsafeBytes { Array($0) })
        case .pong(let payload): self = .pong(payload.withUnsafeBytes { Array($0) })
        case .close(let frame): self = .close(frame)
        }
        require(byteCount <= limits.maxMessageBytes, "a message larger than allowed")
    }

    private var byteCount: Int {
        switch self {
        case .text(let bytes), .binary(let bytes), .deflated(_, let bytes): bytes.count
        default: 0
        }
    }
}
