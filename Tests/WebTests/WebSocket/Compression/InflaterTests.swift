import Testing

@testable import Web

@Suite struct InflaterTests {
    private let inflater = Inflater()

    private func inflate(_ payload: [UInt8], limit: Int = 65_536) throws -> [UInt8] {
        try payload.withUnsafeBytes { try inflater.inflate($0, limit: limit).withUnsafeBytes { Array($0) } }
    }

    private func deflate(_ plain: [UInt8], windowBits: Int = 15) throws -> [UInt8] {
        let deflater = try #require(Deflater(windowBits: windowBits))
        var memory = [UInt8](repeating: 0, count: plain.count + plain.count / 8 + 64)
        let count = plain.withUnsafeBytes { plain in
            memory.withUnsafeMutableBytes { deflater.deflate(plain, into: $0) }
        }
        return Array(memory[..<(try #require(count))])
    }

    /// zlib refuses a window as it does memory that is not there.
    @Test func aDeflaterThatCannotBeMadeIsNone() {
        #expect(Deflater(windowBits: 99) == nil)
    }

    /// RFC 7692, 7.2.3: one block, a stored one, a last one, two, and nothing.
    @Test(
        arguments: [
            ([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], "Hello"),
            ([0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00], "Hello"),
            ([0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00], "Hello"),
            ([0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00], "Hello"),
            ([0x00], ""), ([0x01], ""), ([0x02, 0x00], ""),
        ] as [([UInt8], String)])
    func readsTheExamplesOfTheRFC(payload: [UInt8], text: String) throws {
        #expect(String(decoding: try inflate(payload), as: UTF8.self) == text)
    }

    @Test func goesOnAfterALastBlock() throws {
        // A last block of "Hello", then a block that repeats it from the same window: as RFC 7692, 7.2.3.2.
        let again: [UInt8] = [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0xF2, 0x00, 0x11, 0x00, 0x00]
        #expect(String(decoding: try inflate(again), as: UTF8.self) == "HelloHello")
        // No message knows the one before.
        #expect(throws: WebError.invalidDeflate) { try inflate([0xF2, 0x00, 0x11, 0x00, 0x00]) }
    }

    @Test(
        arguments: [
            [], [0xF2], [0xF2, 0x48], [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07], [0xFF], [0x06], [0x07],
            [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48],
            [0x00, 0x05, 0x00, 0x00, 0x00, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00],
            [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF],
        ] as [[UInt8]])
    func refusesWhatIsCutOrWrong(payload: [UInt8]) {
        #expect(throws: WebError.invalidDeflate) { try inflate(payload) }
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]) func keepsTheLimitExactly(size: Int)
        throws
    {
        let plain = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
        let payload = try deflate(plain)
        #expect(try inflate(payload, limit: size) == plain)
        guard size > 0 else { return }
        #expect(throws: WebError.messageTooBig(limit: size - 1)) { try inflate(payload, limit: size - 1) }
    }

    @Test func stopsABombEarly() throws {
        let bomb = try deflate([UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 1 << 19)
        for limit in [1_000, 65_536, 200_000] {
            #expect(throws: WebError.messageTooBig(limit: limit)) { try inflate(bomb, limit: limit) }
            #expect(inflater.produced <= limit + 65_536)
        }
        // And is of use again.
        #expect(try inflate([0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]).count == 5)
    }

    @Test(arguments: 9...15) func readsWhatIsDeflated(windowBits: Int) throws {
        var generator = SplitMix(state: UInt64(windowBits))
        for count in [1, 2, 100, 513, 5_000, 70_000] {
            let letters = UInt8.random(in: 1...255, using: &generator)
            let plain = (0..<count).map { _ in UInt8.random(in: 0...letters, using: &generator) }
            #expect(try inflate(try deflate(plain, windowBits: windowBits), limit: count) == plain)
        }
    }

    /// Whatever comes, it is inflated or refused.
    @Test func survivesMutations() throws {
        let seed = try deflate((0..<2_000).map { UInt8(truncatingIfNeeded: $0 / 7) })
        var generator = SplitMix(state: 7)
        for _ in 0..<5_000 {
            var payload = seed
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                payload[Int.random(in: 0..<payload.count, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            if let plain = try? inflate(payload, limit: 10_000), plain.count > 10_000 {
                Issue.record("over the limit: \(plain.count)")
            }
        }
    }
}
