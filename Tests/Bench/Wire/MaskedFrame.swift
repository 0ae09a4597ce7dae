import Engine
import Web

/// A client's frames: whole and masked; RFC 6455, 5.2 and 5.3.
enum MaskedFrame {
    /// A text frame; the bytes must be UTF-8.
    static func text(_ payload: [UInt8], key: UInt32) -> SharedBytes { make(.text, payload, key: key) }

    /// A final frame of any kind.
    static func make(_ opcode: Opcode, _ payload: [UInt8], key: UInt32) -> SharedBytes {
        SharedBytes(capacity: payload.count + 14) { memory in
            memory[0] = 0x80 | opcode.rawValue
            var end = writeLength(payload.count, to: memory)
            for index in 0..<4 {
                memory[end + index] = byte(of: key, index)
            }
            end += 4
            for (index, value) in payload.enumerated() {
                memory[end + index] = value ^ byte(of: key, index)
            }
            return end + payload.count
        }
    }

    private static func byte(of key: UInt32, _ index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: key >> UInt32(truncatingIfNeeded: (index & 3) &* 8))
    }

    private static func writeLength(_ length: Int, to memory: UnsafeMutableRawBufferPointer) -> Int {
        switch length {
        case ...125:
            memory[1] = 0x80 | UInt8(length)
            return 2
        case ...0xFFFF:
            memory[1] = 0x80 | 126
            memory[2] = UInt8(truncatingIfNeeded: length >> 8)
            memory[3] = UInt8(truncatingIfNeeded: length)
            return 4
        default:
            memory[1] = 0x80 | 127
            for index in 0..<8 { memory[2 + index] = UInt8(truncatingIfNeeded: length >> ((7 - index) * 8)) }
            return 10
        }
    }
}
