import Web

/// A frame as a client writes it, masked unless told otherwise; may be wrong on purpose.
func clientFrame(
    _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0,
    isMasked: Bool = true,
    length: [UInt8]? = nil
) -> [UInt8] {
    let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    var frame = [(isFinal ? 0x80 : 0) | reserved | opcode]
    var lengthBytes = length ?? shortestLength(payload.count)
    if isMasked { lengthBytes[0] |= 0x80 }
    frame += lengthBytes
    guard isMasked else { return frame + payload }
    return frame + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
}

func shortestLength(_ count: Int) -> [UInt8] {
    if count < 126 { return [UInt8(count)] }
    if count < 65_536 { return [126, UInt8(count >> 8), UInt8(count & 255)] }
    return [127] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - $0 * 8)) }
}

/// What a client's bytes are to decoder and assembler, one line for each event.
func conversation(_ parts: [[UInt8]], _ limits: WebSocketLimits = WebSocketLimits()) -> [String] {
    var decoder = FrameDecoder(limits: limits)
    var assembler = MessageAssembler(limits: limits)
    var said: [String] = []
    for part in parts {
        // A fresh copy for each read: the decoder writes into it.
        var bytes = part
        let failure: WebError? = bytes.withUnsafeMutableBytes { buffer in
            var rest = buffer
            do throws(WebError) {
                while let part = try decoder.next(&rest) {
                    if let event = try assembler.take(part) { said.append(describe(event)) }
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { return said + ["\(failure)"] }
    }
    return assembler.heldBytes == 0 ? said : said + ["holds \(assembler.heldBytes)"]
}

private func describe(_ event: MessageAssembler.Event) -> String {
    switch event {
    case .text(let payload): "text \(text(payload))"
    case .binary(let payload): "binary \(payload.withUnsafeBytes { Array($0) })"
    case .deflated(let isText, let payload):
        "deflated \(isText ? "text" : "binary") \(text(payload))"
    case .ping(let payload): "ping \(text(payload))"
    case .pong(let payload): "pong \(text(payload))"
    case .close(let frame): "close \(frame.code?.description ?? "-") \(frame.reason)"
    }
}

/// Long texts by their length and ends, so that a failure stays readable.
private func text(_ payload: MessageAssembler.Payload) -> String {
    let text = payload.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    return text.utf8.count < 60 ? text : "\(text.prefix(3))…\(text.suffix(3)) \(text.utf8.count)"
}
