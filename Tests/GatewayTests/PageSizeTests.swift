import Bus
import Testing

@testable import ChatGateway

struct PageSizeTests {
    @Test(arguments: [(100, 200), (2_622, 99), (65_536, 4), (1_000_000, 4)])
    func aPageHasAQuarterOfAMebibyte(bytes: Int, count: Int) {
        var size = PageSize()
        size.learn(from: page(20, bytes: bytes))
        #expect(size.count == count)
    }

    @Test func anEmptyPageTeachesNothing() {
        var size = PageSize()
        size.learn(from: [])
        #expect(size.count == PageSize().count)
    }

    private func page(_ count: Int, bytes: Int) -> [LoggedEnvelope] {
        (1...count).map { LoggedEnvelope(seq: Int64($0), bytes: Array(repeating: 0x20, count: bytes)) }
    }
}
