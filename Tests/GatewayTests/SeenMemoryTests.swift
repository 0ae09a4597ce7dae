import Testing

@testable import ChatGateway

/// Whether a key that Redis does not know can be settled by the archive.
struct SeenMemoryTests {
    private static let since: Int64 = 1_763_701_200_000

    @Test(arguments: [
        (nil, true),
        (since + 60_000, true),
        // Accepted a moment before, by a gateway whose clock is ahead.
        (since + 1_000, false),
        (since, false),
        (since - 60_000, false),
        (Int64.min, false),
    ])
    func whatIsOlderThanTheMemoryMustBeStored(oldestUnstored: Int64?, reaches: Bool) {
        let memory = SeenMemory(since: Self.since, oldestUnstored: oldestUnstored)
        #expect(memory.reachesTheArchive == reaches)
    }

    @Test(arguments: [
        ("", nil),
        (
            #"{"v":1,"epoch":"8h2k","seq":42,"mv":7,"type":"new_message","ts":1763701234567}"#,
            1_763_701_234_567
        ),
        ("{}", Int64.min), ("not an envelope", Int64.min),
    ])
    func theOldestIsReadFromItsEnvelope(envelope: String, time: Int64?) {
        #expect(SeenMemory(since: 0, oldestUnstored: Array(envelope.utf8)).oldestUnstored == time)
    }
}
