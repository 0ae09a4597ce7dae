import Engine
import Testing

@testable import Web

@Suite struct MessageFrameTests {
    private let text = Array(String(repeating: "{\"type\":\"new_message\"}", count: 40).utf8)

    private func header(_ bytes: SharedBytes) -> UInt8 { bytes.withUnsafeBytes { $0[0] } }

    @Test func isCompressedOnceForAll() {
        let compression = Compression(minimumBytes: 100)
        var made: [String] = []
        compression.onDeflated = { made.append("\($0) \($1 < $0)") }
        let frame = MessageFrame(text: text)
        let first = frame.bytes(windowBits: 15, by: compression)
        #expect(header(first) == 0xC1)
        #expect(first.count < frame.plain.count)
        #expect(first === frame.bytes(windowBits: 15, by: compression))
        #expect(made == ["880 true"])
        // Another size of window is another frame.
        #expect(frame.bytes(windowBits: 9, by: compression) !== first)
        #expect(made.count == 2)
    }

    @Test(arguments: [(879, true), (880, true), (881, false)]) func leavesShortOnes(
        minimum: Int, isCompressed: Bool
    ) {
        let frame = MessageFrame(text: text)
        let bytes = frame.bytes(windowBits: 15, by: Compression(minimumBytes: minimum))
        #expect((bytes !== frame.plain) == isCompressed)
    }

    @Test(arguments: [1, 126, 5_000, 70_000]) func leavesWhatCannotBeCompressed(count: Int) {
        var generator = SplitMix(state: 1)
        let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let frame = noise.withUnsafeBytes { MessageFrame(binary: $0) }
        let compression = Compression(minimumBytes: 1)
        #expect(frame.bytes(windowBits: 15, by: compression) === frame.plain)
        #expect(frame.bytes(windowBits: 15, by: compression) === frame.plain)
        #expect(header(frame.plain) == 0x82)
    }
}
