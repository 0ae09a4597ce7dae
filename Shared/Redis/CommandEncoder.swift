import CHiredis

/// Writes commands as Redis reads them (RESP arrays of bulks), by hiredis' formatter.
///
/// The scratch space is kept from command to command: in the steady state one command costs one allocation here.
struct CommandEncoder {
    /// Redis itself refuses a bulk over 512 MiB; no command of ours comes near this.
    static let maxCommandBytes = 64 << 20

    private var words: [UInt8] = []
    private var starts: [Int] = []
    private var lengths: [Int] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    /// Lends the bytes of one command, whose words are those of its parts one after another.
    mutating func encode<R>(
        _ parts: [[RedisArgument]], _ body: (UnsafeRawBufferPointer) -> R
    ) throws(RedisError) -> R {
        layOut(parts)
        guard let count = Int32(exactly: lengths.count), count > 0, words.count <= Self.maxCommandBytes else {
            throw .commandTooLarge
        }
        // Its other formatter, which prints each length by `sprintf`, takes five times as long.
        var formatted: sds?
        let size = words.withUnsafeBytes { words in
            // Filled while `words` cannot move; hiredis has copied all of it when the call returns.
            pointers.removeAll(keepingCapacity: true)
            for start in starts {
                pointers.append(words.baseAddress?.advanced(by: start).assumingMemoryBound(to: CChar.self))
            }
            return redisFormatSdsCommandArgv(&formatted, count, &pointers, lengths)
        }
        guard size > 0, let formatted else { throw .commandTooLarge }
        defer { redisFreeSdsCommand(formatted) }
        return body(UnsafeRawBufferPointer(start: formatted, count: Int(size)))
    }

    /// Puts all words one after another, so that a single stable address serves them all.
    private mutating func layOut(_ parts: [[RedisArgument]]) {
        words.removeAll(keepingCapacity: words.capacity <= 1 << 16)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        for part in parts { layOut(part) }
        words.append(0)  // the address of an empty last word must exist too
    }

    private mutating func layOut(_ arguments: [RedisArgument]) {
        for argument in arguments {
            starts.append(words.count)
            switch argument {
            case .text(let text): words.append(contentsOf: text.utf8)
            case .bytes(let bytes): words.append(contentsOf: bytes)
            case .int(let number): number.withDecimal { words.append(contentsOf: $0) }
            }
            lengths.append(words.count - (starts.last ?? 0))
        }
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
