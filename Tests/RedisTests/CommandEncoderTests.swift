import Testing

@testable import Redis

@Suite struct CommandEncoderTests {
    @Test(arguments: [
        (["PING"] as [RedisArgument], "*1\r\n$4\r\nPING\r\n"),
        (["SET", "k", ""] as [RedisArgument], "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"),
        (
            ["SET", .bytes([0x0d, 0x0a]), -12] as [RedisArgument],
            "*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$3\r\n-12\r\n"
        ),
        (
            [.int(.min), .int(.max), 0] as [RedisArgument],
            "*3\r\n$20\r\n-9223372036854775808\r\n$19\r\n9223372036854775807\r\n$1\r\n0\r\n"
        ),
        (["é", "room:\(7)"] as [RedisArgument], "*2\r\n$2\r\né\r\n$6\r\nroom:7\r\n"),
    ])
    func writes(command: [RedisArgument], wire: String) throws {
        var encoder = CommandEncoder()
        for _ in 0..<2 {
            let bytes = try encoder.encode([[], command]) { Array($0) }
            #expect(String(decoding: bytes, as: UTF8.self) == wire)
        }
    }

    @Test func writesPartsOneAfterAnother() throws {
        var encoder = CommandEncoder()
        let parts: [[RedisArgument]] = [["FCALL", 7], [], ["k"]]
        #expect(
            try encoder.encode(parts) { Array($0) }
                == Array("*3\r\n$5\r\nFCALL\r\n$1\r\n7\r\n$1\r\nk\r\n".utf8))
    }

    @Test func keepsZeroBytes() throws {
        var encoder = CommandEncoder()
        #expect(
            try encoder.encode([[.bytes([0, 1, 0])]]) { Array($0) } == Array("*1\r\n$3\r\n\0\u{1}\0\r\n".utf8)
        )
    }

    @Test func refusesACommandWithoutAWord() {
        var encoder = CommandEncoder()
        #expect(throws: RedisError.commandTooLarge) { try encoder.encode([[], []]) { $0.count } }
    }

    @Test func refusesACommandThatIsTooLarge() {
        var encoder = CommandEncoder()
        let bytes = [UInt8](repeating: 0, count: CommandEncoder.maxCommandBytes)
        #expect(throws: RedisError.commandTooLarge) { try encoder.encode([[.bytes(bytes)]]) { $0.count } }
    }
}
