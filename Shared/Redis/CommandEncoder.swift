/// Writes commands as Redis reads them: an array of bulk strings, `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n` (RESP, version 2).
///
/// The scratch space is kept from command to command, so that in the steady state nothing is allocated here.
struct CommandEncoder {
    /// Redis itself refuses a bulk over 512 MiB; no command of ours comes near this.
    static let maxCommandBytes = 64 << 20
    /// More scratch space than this is not kept.
    private static let mostKept = 1 << 16

    private var bytes: [UInt8] = []

    /// Lends one command's bytes.
    mutating func encode<R>(
        _ arguments: [RedisArgument], _ body: (UnsafeRawBufferPointer) -> R
    ) throws(RedisError) -> R {
        guard !arguments.isEmpty else { throw .commandTooLarge }
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.mostKept)
        writeCount(UInt8(ascii: "*"), arguments.count)
        for argument in arguments {
            switch argument {
            case .text(let text):
                writeCount(UInt8(ascii: "$"), text.utf8.count)
                bytes.append(contentsOf: text.utf8)
            case .bytes(let word):
                writeCount(UInt8(ascii: "$"), word.count)
                bytes.append(contentsOf: word)
            case .int(let number):
                number.withDecimal { digits in
                    writeCount(UInt8(ascii: "$"), digits.count)
                    bytes.append(contentsOf: digits)
                }
            }
            endLine()
            guard bytes.count <= Self.maxCommandBytes else { throw .commandTooLarge }
        }
        return bytes.withUnsafeBytes(body)
    }

    private mutating func writeCount(_ kind: UInt8, _ count: Int) {
        bytes.append(kind)
        // So few that the call to copy them costs more.
        Int64(count).withDecimal { for digit in $0 { bytes.append(digit) } }
        endLine()
    }

    private mutating func endLine() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension Int64 {
    /// Lends the number in decimal, without a string between.
    fileprivate func withDecimal(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        // 64 bits have at most 19 digits, and a sign; the last digit is found first.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { text in
            var (start, rest) = (text.count, magnitude)
            repeat {
                start -= 1
                text[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if self < 0 {
                start -= 1
                text[start] = UInt8(ascii: "-")
            }
            body(UnsafeBufferPointer(rebasing: text[start...]))
        }
    }
}
