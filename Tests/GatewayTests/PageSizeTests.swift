import Bus
import Testing

@testable import ChatGateway

struct PageSizeTests {
    @Test(arguments: [(100, 200), (2_622, 99), (65_536, 4), (1_000_000, 4)])
    func aPageHasAQuarterOfAMebibyte(bytes: Int, count: Int) {
        var size = PageSize()
        let isLast = size.isLast(page(20, bytes: bytes))
        #expect(!isLast)
        #expect(size.count == count)
    }

    @Test func whatIsShorterThanAskedForIsTheEnd() {
        var size = PageSize()
        let ends = [size.isLast([]), size.isLast(page(19, bytes: 10))]
        #expect(ends == [true, true])
    }

    private func page(_ count: Int, bytes: Int) -> [LoggedEnvelope] {
        (1...count).map { LoggedEnvelope(seq: Int64($0), bytes: Array(repeating: 0x20, count: bytes)) }
    }
}
