/// Checks that bytes are UTF-8 as they come, and fails at the first byte that cannot belong; RFC 3629.
public struct UTF8Check: Sendable {
    /// How many continuation bytes the current character still needs.
    private var needed: UInt8 = 0
    /// What the next continuation byte may be: narrower after leads that else allow surrogates,
    /// overlong forms or what lies beyond U+10FFFF.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    /// Makes a check at the start of a text.
    public init() {}

    /// Whether the bytes so far end with a whole character.
    public var isComplete: Bool { needed == 0 }

    /// Takes more bytes; `false` when they cannot be UTF-8, whatever follows.
    public mutating func check(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset < bytes.count {
            if needed == 0 { offset = UTF8Check.skipASCII(bytes, from: offset) }
            guard offset < bytes.count else { break }
            guard step(bytes[offset]) else { return false }
            offset &+= 1
        }
        return true
    }

    private mutating func step(_ byte: UInt8) -> Bool {
        guard needed == 0 else { return continuation(byte) }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: return begin(1)
        case 0xE0: return begin(2, lowest: 0xA0)
        case 0xED: return begin(2, highest: 0x9F)
        case 0xE1...0xEF: return begin(2)
        case 0xF0: return begin(3, lowest: 0x90)
        case 0xF1...0xF3: return begin(3)
        case 0xF4: return begin(3, highest: 0x8F)
        default: return false
        }
    }

    private mutating func begin(_ count: UInt8, lowest: UInt8 = 0x80, highest: UInt8 = 0xBF) -> Bool {
        (needed, self.lowest, self.highest) = (count, lowest, highest)
        return true
    }

    private mutating func continuation(_ byte: UInt8) -> Bool {
        guard byte >= lowest, byte <= highest else { return false }
        (needed, lowest, highest) = (needed &- 1, 0x80, 0xBF)
        return true
    }

    /// The first place from `start` on that may not be ASCII; sixteen bytes a step.
    private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var offset = start
        while offset &+ 16 <= bytes.count {
            let pair = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
            guard (pair[0] | pair[1]) & 0x8080_8080_8080_8080 == 0 else { break }
            offset &+= 16
        }
        while offset < bytes.count, bytes[offset] < 0x80 { offset &+= 1 }
        return offset
    }
}
