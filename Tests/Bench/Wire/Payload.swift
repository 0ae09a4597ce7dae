/// What a message of the bench says: who sent it, as its how-manieth, and when it was due; then padding.
///
///     #SSSSSSNNNNNNNNTTTTTTTTTTTTTTTTxxxx…     sender, number, nanoseconds, in hexadecimal
///
/// It is plain ASCII, so that it stands in JSON as it is.
struct Payload: Equatable {
    var sender: Int
    var number: Int
    var due: UInt64

    /// How long a payload is at least, in bytes.
    static let minimumBytes = 31

    /// The text, padded to `size` bytes.
    func text(size: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: max(size, Payload.minimumBytes))
        bytes[0] = UInt8(ascii: "#")
        Payload.write(UInt64(truncatingIfNeeded: sender), digits: 6, to: &bytes, at: 1)
        Payload.write(UInt64(truncatingIfNeeded: number), digits: 8, to: &bytes, at: 7)
        Payload.write(due, digits: 16, to: &bytes, at: 15)
        return bytes
    }

    /// Reads a payload that begins at `offset`; `nil` where there is none.
    init?(reading bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        guard bytes.count - offset >= Payload.minimumBytes, bytes[offset] == UInt8(ascii: "#"),
            let sender = Payload.read(bytes, at: offset + 1, digits: 6),
            let number = Payload.read(bytes, at: offset + 7, digits: 8),
            let due = Payload.read(bytes, at: offset + 15, digits: 16)
        else { return nil }
        self.init(sender: Int(sender), number: Int(number), due: due)
    }

    init(sender: Int, number: Int, due: UInt64) {
        self.sender = sender
        self.number = number
        self.due = due
    }

    private static func write(_ value: UInt64, digits: Int, to bytes: inout [UInt8], at offset: Int) {
        var rest = value
        for index in stride(from: offset + digits - 1, through: offset, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            bytes[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
            rest >>= 4
        }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int, digits: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in offset..<offset + digits {
            let byte = bytes[index]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte &- 0x30
            case 0x61...0x66: digit = byte &- 0x57
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}
