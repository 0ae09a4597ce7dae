import Redis
import Testing

struct StreamIDTests {
    @Test(arguments: ["0-0", "1764000000000-12", "18446744073709551615-18446744073709551615"])
    func isWrittenAsItWasRead(text: String) {
        #expect(StreamID(text)?.description == text)
    }

    @Test(arguments: ["", "-", "7", "7-", "-7-0", "7-0-0", "7--1", "7-18446744073709551616", "x-0", "$"])
    func refuses(text: String) { #expect(StreamID(text) == nil) }

    @Test func risesByNumbersAndNotByText() {
        let ids = ["9-0", "9-9", "9-10", "10-0"].compactMap { StreamID($0) }
        #expect(ids.count == 4)
        #expect(ids.shuffled().sorted() == ids)
    }
}
