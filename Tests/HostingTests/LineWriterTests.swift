import Glibc
import Testing

@testable import Hosting

/// A pipe that is closed with the test.
private final class Pipe {
    let reader: Int32
    let writer: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
    }

    deinit {
        close(reader)
        close(writer)
    }

    func read(_ count: Int) -> String {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = Glibc.read(reader, &buffer, count)
        return String(decoding: buffer.prefix(max(0, got)), as: UTF8.self)
    }
}

@Suite struct LineWriterTests {
    @Test func aLineArrivesAsWritten() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writer)
        writer.write(Array("{}\n".utf8))
        #expect(pipe.read(10) == "{}\n")
        #expect(writer.dropped == 0)
    }

    /// The limit counts from when all tests begin, and this one may come late among them.
    @Test(.timeLimit(.minutes(10)))
    func aFullPipeDropsAndCountsAndRecovers() throws {
        let pipe = try Pipe()
        let writer = LineWriter(descriptor: pipe.writer, patienceMilliseconds: 1)
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
        for _ in 0..<100 { writer.write(line) }
        // A pipe takes 64 KiB: 16 lines.
        #expect(writer.dropped == 84)
        for _ in 0..<16 { _ = pipe.read(4096) }
        writer.write(Array("after\n".utf8))
        #expect(pipe.read(10) == "after\n")
        #expect(writer.dropped == 84)
    }
}
