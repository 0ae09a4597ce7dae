import Schema
import Testing

@Suite struct LogPositionTests {
    @Test(arguments: [
        ("8h2k:42", "8h2k", 42), ("a:0", "a", 0), ("a:b:7", "a:b", 7),
        ("e:9007199254740991", "e", 9_007_199_254_740_991),
        // No log has come so far: beyond, all places are the same.
        ("e:9007199254740992", "e", 9_007_199_254_740_991),
        ("e:9223372036854775807", "e", 9_007_199_254_740_991),
    ])
    func good(text: String, epoch: String, seq: Int64) {
        #expect(LogPosition(parsing: text) == LogPosition(epoch: epoch, seq: seq))
    }

    @Test(arguments: [
        "", ":", "8h2k", "8h2k:", ":1", "e:-1", "e:+1", "e: 1", "e:1.0", "e:9223372036854775808", "é:1",
        "e\n:1",
    ])
    func bad(text: String) {
        #expect(LogPosition(parsing: text) == nil)
    }

    @Test func anEpochIsBounded() {
        #expect(LogPosition(parsing: String(repeating: "e", count: 32) + ":1") != nil)
        #expect(LogPosition(parsing: String(repeating: "e", count: 33) + ":1") == nil)
    }

    @Test func laterIsGreaterAcrossEpochs() {
        #expect(LogPosition(epoch: "zz", seq: 1) < LogPosition(epoch: "aa", seq: 2))
        #expect("\(LogPosition(epoch: "8h2k", seq: 42))" == "8h2k:42")
    }
}
