import Testing
import Web

/// Dialogues of decoder and assembler: bytes in, messages out; each held with the bytes cut in many ways.
@Suite struct FrameDialogueTests {
    private func expect(
        _ frames: [[UInt8]], _ expected: [String], limits: WebSocketLimits = WebSocketLimits(),
        at location: SourceLocation = #_sourceLocation
    ) {
        for parts in splits(of: frames.flatMap(\.self)) {
            let said = conversation(parts, limits)
            #expect(said == expected, "\(parts.count) parts", sourceLocation: location)
            guard said == expected else { return }
        }
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func expect(
        _ frame: [UInt8], violates rule: String, at location: SourceLocation = #_sourceLocation
    ) {
        expect([frame], ["\(WebError.protocolViolation(rule))"], at: location)
    }

    private var binary: WebSocketLimits {
        var limits = WebSocketLimits()
        limits.allowsBinary = true
        return limits
    }

    @Test func readsTheExampleOfTheRFC() {
        // RFC 6455, 5.7: a masked "Hello".
        expect([[0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]], ["text Hello"])
    }

    @Test(arguments: [0, 1, 7, 8, 125, 126, 127, 128, 1_000, 65_535, 65_536]) func readsEachLength(
        length: Int
    ) {
        let text = String(repeating: "abcdefg", count: length / 7 + 1).prefix(length)
        let shown = length < 60 ? "\(text)" : "\(text.prefix(3))…\(text.suffix(3)) \(length)"
        expect([clientFrame(1, bytes(String(text)))], ["text \(shown)"])
    }

    @Test func joinsFragments() {
        expect(
            [
                clientFrame(1, bytes("Hel"), isFinal: false), clientFrame(9, bytes("between")),
                clientFrame(0, [], isFinal: false), clientFrame(0, bytes("lo")),
                clientFrame(1, bytes("next")),
                clientFrame(10),
            ], ["ping between", "text Hello", "text next", "pong "])
    }

    @Test func handsOutBinaryWhereAllowed() {
        expect([clientFrame(2, [0, 255, 128])], ["binary [0, 255, 128]"], limits: binary)
        expect([clientFrame(2, [0])], ["\(WebError.binaryNotSupported)"])
    }

    @Test func splitsCharactersBetweenFragments() {
        let euro = bytes("€")
        expect([clientFrame(1, [euro[0]], isFinal: false), clientFrame(0, Array(euro[1...]))], ["text €"])
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0x80], [0xE2, 0x82],
        ] as [[UInt8]]) func refusesTextThatIsNoUTF8(payload: [UInt8])
    {
        expect([clientFrame(1, payload)], ["\(WebError.invalidUTF8)"])
    }

    @Test func failsAtTheFirstWrongByte() {
        // The frame is not whole, and never will be: the wrong byte in it is enough.
        let frame = clientFrame(1, [0x61, 0xFF] + bytes("more")).prefix(8)
        expect([Array(frame)], ["\(WebError.invalidUTF8)"])
        let fragments = clientFrame(1, [0xF4], isFinal: false) + clientFrame(0, [0x90], isFinal: false)
        expect([fragments], ["\(WebError.invalidUTF8)"])
    }

    @Test(arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]) func refusesReservedOpcodes(
        opcode: UInt8
    ) {
        expect(clientFrame(opcode), violates: "reserved opcode")
    }

    @Test(arguments: [0x10, 0x20, 0x40, 0x70] as [UInt8]) func refusesReservedBits(bits: UInt8) {
        expect(clientFrame(1, reserved: bits), violates: "reserved bit")
    }

    @Test func takesRSV1OnlyWhereAgreedAndOnlyFirst() {
        var limits = WebSocketLimits()
        limits.allowsRSV1 = true
        expect([clientFrame(1, bytes("a"), reserved: 0x40)], ["deflated text a"], limits: limits)
        expect([clientFrame(1, bytes("a"))], ["text a"], limits: limits)
        let violation = ["\(WebError.protocolViolation("reserved bit"))"]
        expect([clientFrame(9, reserved: 0x40)], violation, limits: limits)
        expect([clientFrame(1, isFinal: false), clientFrame(0, reserved: 0x40)], violation, limits: limits)
        expect([clientFrame(1, reserved: 0x60)], violation, limits: limits)
    }

    @Test func joinsCompressedFragments() {
        var limits = binary
        limits.allowsRSV1 = true
        // Whether they are UTF-8 shows only when they are inflated.
        expect(
            [
                clientFrame(2, bytes("a"), isFinal: false, reserved: 0x40), clientFrame(9, bytes("p")),
                clientFrame(0, bytes("b")), clientFrame(1, bytes("plain")),
                clientFrame(1, [0xFF], reserved: 0x40),
            ], ["ping p", "deflated binary ab", "text plain", "deflated text \u{FFFD}"], limits: limits)
    }

    @Test func boundsCompressedMessagesByWhatTheWorstEncoderMakes() {
        var limits = WebSocketLimits()
        (limits.maxFrameBytes, limits.maxMessageBytes, limits.allowsRSV1) = (64, 64, true)
        let most = [UInt8](repeating: 0x61, count: 64 + 8 + 1 + 16)
        let tooBig = ["\(WebError.frameTooBig(limit: 64))"]
        expect([clientFrame(1, most, reserved: 0x40)], ["deflated text aaa…aaa 89"], limits: limits)
        expect([clientFrame(1, most + [0x61], reserved: 0x40)], tooBig, limits: limits)
        expect([clientFrame(1, Array(most[..<65]))], tooBig, limits: limits)
        expect(
            [
                clientFrame(1, Array(most[..<80]), isFinal: false, reserved: 0x40),
                clientFrame(0, Array(most[..<10])),
            ], ["\(WebError.messageTooBig(limit: 64))"], limits: limits)
    }

    @Test func keepsTheRulesOfControlFrames() {
        expect([clientFrame(9, [UInt8](repeating: 0x61, count: 125))], ["ping aaa…aaa 125"])
        expect(clientFrame(9, [UInt8](repeating: 0x61, count: 126)), violates: "long control frame")
        expect(clientFrame(9, isFinal: false), violates: "fragmented control frame")
        expect(clientFrame(8, isFinal: false), violates: "fragmented control frame")
    }

    @Test func wantsTheShortestLength() {
        expect(clientFrame(1, bytes("a"), length: [126, 0, 1]), violates: "length encoding")
        expect(clientFrame(1, length: [126, 0, 125]), violates: "length encoding")
        expect(clientFrame(1, length: [127, 0, 0, 0, 0, 0, 0, 255, 255]), violates: "length encoding")
        expect(clientFrame(1, length: [127, 128, 0, 0, 0, 0, 0, 0, 0]), violates: "length encoding")
    }

    @Test func wantsAMask() {
        expect(clientFrame(1, bytes("a"), isMasked: false), violates: "mask")
    }

    @Test func wantsFragmentsInOrder() {
        expect(clientFrame(0, bytes("a")), violates: "fragment out of order")
        expect(
            clientFrame(1, bytes("a"), isFinal: false) + clientFrame(1, bytes("b")),
            violates: "fragment out of order")
        expect(
            [clientFrame(1, bytes("a")), clientFrame(0)],
            [
                "text a", "\(WebError.protocolViolation("fragment out of order"))",
            ])
    }

    @Test func boundsFramesMessagesAndFragments() {
        var limits = WebSocketLimits()
        limits.maxFrameBytes = 6
        limits.maxMessageBytes = 8
        limits.maxFragments = 3
        let six = bytes("123456")
        expect([clientFrame(1, six)], ["text 123456"], limits: limits)
        expect([clientFrame(1, six + [0x37])], ["\(WebError.frameTooBig(limit: 6))"], limits: limits)
        let sum = [clientFrame(1, six, isFinal: false), clientFrame(0, bytes("78"), isFinal: false)]
        expect(sum + [clientFrame(0)], ["text 12345678"], limits: limits)
        expect(sum + [clientFrame(0, bytes("9"))], ["\(WebError.messageTooBig(limit: 8))"], limits: limits)
        expect(
            sum + [clientFrame(0, isFinal: false), clientFrame(0)],
            ["\(WebError.tooManyFragments(limit: 3))"],
            limits: limits)
        // Control frames have their own bound.
        expect([clientFrame(9, bytes("longer than six"))], ["ping longer than six"], limits: limits)
    }

    @Test func believesNoAnnouncedLength() {
        let largest: [UInt8] = [127, 0x7F, 255, 255, 255, 255, 255, 255, 255]
        let announced = clientFrame(1, bytes("abc"), length: largest)
        expect([announced], ["\(WebError.frameTooBig(limit: 65_536))"])
        var limits = WebSocketLimits()
        limits.maxFrameBytes = .max
        limits.maxMessageBytes = .max
        // Eight exbibytes announced, three bytes come: three bytes are held.
        expect([announced], ["holds 3"], limits: limits)
        // Nor does the sum of two such lengths trap.
        let first = clientFrame(1, bytes("a"), isFinal: false)
        expect(
            [first, clientFrame(0, length: largest)], ["\(WebError.messageTooBig(limit: .max))"],
            limits: limits)
    }

    @Test(
        arguments: [
            ([], "close - "), ([3, 232], "close 1000 "), ([3, 232] + Array("bye".utf8), "close 1000 bye"),
            ([15, 160], "close 4000 "), ([3, 246], "close 1014 "),
            ([3], "\(WebError.protocolViolation("close payload"))"),
            ([3, 236], "\(WebError.protocolViolation("close code"))"),
            ([3, 237], "\(WebError.protocolViolation("close code"))"),
            ([3, 238], "\(WebError.protocolViolation("close code"))"),
            ([3, 247], "\(WebError.protocolViolation("close code"))"),
            ([3, 231], "\(WebError.protocolViolation("close code"))"),
            ([11, 183], "\(WebError.protocolViolation("close code"))"),
            ([19, 136], "\(WebError.protocolViolation("close code"))"),
            ([0, 0], "\(WebError.protocolViolation("close code"))"),
            ([3, 232, 0xFF], "\(WebError.invalidUTF8)"),
        ] as [([UInt8], String)]) func readsCloses(payload: [UInt8], said: String)
    {
        expect([clientFrame(8, payload)], [said])
    }

    /// Whatever comes, the decoder says something and does not trap, the same however it is cut.
    @Test func survivesMutations() {
        let seed =
            clientFrame(1, bytes("Hel"), isFinal: false) + clientFrame(9, bytes("p"))
            + clientFrame(0, bytes("lö"))
            + clientFrame(1, [UInt8](repeating: 0x62, count: 200)) + clientFrame(8, [3, 232])
        var generator = SplitMix(state: 3)
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            let cut = Int.random(in: 0...bytes.count, using: &generator)
            #expect(conversation([bytes]) == conversation([Array(bytes[..<cut]), Array(bytes[cut...])]))
        }
    }
}
