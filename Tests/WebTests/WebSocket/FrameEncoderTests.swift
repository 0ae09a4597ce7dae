import Engine
import Testing
import Web

@Suite struct FrameEncoderTests {
    private func bytes(_ frame: SharedBytes) -> [UInt8] { frame.withUnsafeBytes { Array($0) } }

    @Test(arguments: [0, 1, 125, 126, 65_535, 65_536, 70_000]) func writesTheShortestLength(length: Int) {
        let payload = [UInt8](repeating: 0x61, count: length)
        #expect(bytes(FrameEncoder.text(payload)) == clientFrame(1, payload, isMasked: false))
    }

    @Test func writesControlFrames() {
        #expect(bytes(FrameEncoder.ping()) == [0x89, 0])
        let long = [UInt8](repeating: 1, count: 200)
        #expect(long.withUnsafeBytes { bytes(FrameEncoder.pong($0)) }.count == 127)
        #expect(
            bytes(FrameEncoder.close(CloseFrame(code: .normal, reason: "bye"))) == [0x88, 5, 3, 232]
                + Array("bye".utf8))
        #expect(bytes(FrameEncoder.close(CloseFrame(code: nil))) == [0x88, 0])
    }

    @Test func cutsAReasonAtACharacter() {
        let frame = CloseFrame(code: .normal, reason: String(repeating: "é", count: 100))
        #expect(frame.reason.utf8.count == 122)
        #expect(frame.payload.count == 124)
    }
}
