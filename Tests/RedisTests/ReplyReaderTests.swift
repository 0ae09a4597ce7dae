import Testing

@testable import Redis

@Suite struct ReplyReaderTests {
    private static let wire = """
        +OK\r\n-ERR no\r\n:-7\r\n$5\r\nhe\r\no\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n\
        *3\r\n$1\r\na\r\n*2\r\n:1\r\n*1\r\n+x\r\n$-1\r\n:9223372036854775807\r\n
        """
    private static let replies: [RedisReply] = [
        .status("OK"), .error("ERR no"), .integer(-7), .bulk(Array("he\r\no".utf8)), .null, .null, .array([]),
        .bulk([]),
        .array([.bulk(Array("a".utf8)), .array([.integer(1), .array([.status("x")])]), .null]),
        .integer(.max),
    ]

    @Test func readsAllKindsAtOnce() throws {
        #expect(try read([Array(Self.wire.utf8)]) == Self.replies)
    }

    @Test func readsByteByByte() throws {
        #expect(try read(Self.wire.utf8.map { [$0] }) == Self.replies)
    }

    @Test func readsTheSameSplitAnywhere() throws {
        let bytes = Array(Self.wire.utf8)
        for cut in bytes.indices {
            #expect(try read([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.replies)
        }
    }

    @Test func readsAStringLargerThanOnePiece() throws {
        let text = [UInt8](repeating: 0x61, count: 100_000)
        #expect(
            try read([Array("$100000\r\n".utf8) + text + Array("\r\n+OK\r\n".utf8)]) == [
                .bulk(text), .status("OK"),
            ])
    }

    @Test(arguments: ["hello\r\n", "$x\r\n", "*2147483648\r\n", ":12a\r\n", "%1\r\n+a\r\n+b\r\n", "$-2\r\n"])
    func refuses(nonsense: String) {
        #expect(throws: RedisError.protocolViolation) { try read([Array(nonsense.utf8)]) }
    }

    @Test func refusesNestingWithoutEnd() {
        let nested = String(repeating: "*1\r\n", count: 100)
        #expect(throws: RedisError.protocolViolation) { try read([Array(nested.utf8)]) }
    }

    @Test func refusesNestingPastItsOwnLimit() throws {
        let wire = Array("*1\r\n*1\r\n*1\r\n:1\r\n".utf8)
        #expect(try read([wire], limits: ReplyLimits(depth: 3)).count == 1)
        #expect(throws: RedisError.protocolViolation) { try read([wire], limits: ReplyLimits(depth: 2)) }
    }

    @Test(arguments: [
        "$11\r\n01234567890\r\n", "*2\r\n$6\r\n012345\r\n$5\r\n01234\r\n", "*9\r\n",
        "*2\r\n*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n*3\r\n",
    ])
    func refusesWhatIsPastTheLimits(wire: String) {
        let limits = ReplyLimits(bytes: 10, values: 8, depth: 4)
        #expect(throws: RedisError.protocolViolation) { try read([Array(wire.utf8)], limits: limits) }
    }

    @Test func refusesAStringThatNeverEnds() {
        let reader = ReplyReader(limits: ReplyLimits(bytes: 1 << 16, values: 8, depth: 4))
        let piece = [UInt8](repeating: 0x61, count: 1 << 16)
        #expect(throws: RedisError.protocolViolation) {
            try feed(reader, Array("$900000000\r\n".utf8))
            for _ in 0..<4 { try feed(reader, piece) }
        }
    }

    @Test func countsEachReplyByItself() throws {
        let limits = ReplyLimits(bytes: 10, values: 3, depth: 4)
        let wire = String(repeating: "*2\r\n$5\r\nabcde\r\n$5\r\nabcde\r\n", count: 50)
        #expect(try read([Array(wire.utf8)], limits: limits).count == 50)
    }

    @Test func stopsWhereItsOwnerDoes() throws {
        let reader = ReplyReader()
        var seen: [RedisReply] = []
        try Array(":1\r\n:2\r\n:3\r\n".utf8).withUnsafeBytes { bytes in
            try reader.receive(bytes) { reply in
                seen.append(reply)
                return seen.count < 2
            }
        }
        #expect(seen == [.integer(1), .integer(2)])
    }

    private func read(_ pieces: [[UInt8]], limits: ReplyLimits = ReplyLimits()) throws -> [RedisReply] {
        let reader = ReplyReader(limits: limits)
        return try pieces.flatMap { try feed(reader, $0) }
    }

    @discardableResult
    private func feed(_ reader: ReplyReader, _ bytes: [UInt8]) throws -> [RedisReply] {
        var replies: [RedisReply] = []
        try bytes.withUnsafeBytes { bytes in
            try reader.receive(bytes) { reply in
                replies.append(reply)
                return true
            }
        }
        return replies
    }
}
