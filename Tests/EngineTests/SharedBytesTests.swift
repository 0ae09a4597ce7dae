import Testing

@testable import Engine

struct SharedBytesTests {
    private func bytes(_ shared: SharedBytes) -> [UInt8] { shared.withUnsafeBytes { Array($0) } }

    @Test(arguments: [[], [7], Array(0...200)] as [[UInt8]])
    func holdsWhatItWasMadeOf(content: [UInt8]) {
        let shared = SharedBytes(content)
        #expect(shared.count == content.count)
        #expect(bytes(shared) == content)
        #expect(bytes(SharedBytes(joining: [shared, SharedBytes([]), shared])) == content + content)
    }

    /// Whatever who fills it says, nothing is read that is not there.
    @Test(arguments: [(-1, 0), (0, 0), (3, 3), (4, 4), (5, 4), (.max, 4)])
    func hasAsManyAsWereWrittenAndNoMoreThanFit(claimed: Int, count: Int) {
        let shared = SharedBytes(capacity: 4) { memory in
            memory.copyBytes(from: [1, 2, 3, 4])
            return claimed
        }
        #expect(bytes(shared) == Array([1, 2, 3, 4].prefix(count)))
    }

    @Test func aCopyIsTheSameMemory() {
        let (one, other) = (SharedBytes([1]), SharedBytes([1]))
        let copy = one
        #expect(one === copy)
        #expect(one !== other)
    }

    /// More than all other tests together hold, of which no page is ever touched.
    @Test func whatIsLetGoOfCountsNoMore() {
        let much = 1 << 30
        var shared: SharedBytes? = SharedBytes(capacity: much) { _ in 0 }
        let alive = withExtendedLifetime(shared) { SharedBytes.bytesAlive }
        #expect(alive >= much)
        shared = nil
        #expect(SharedBytes.bytesAlive < much)
    }
}
