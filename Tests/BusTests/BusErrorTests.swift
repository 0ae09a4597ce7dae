import Redis
import Schema
import Testing

@testable import Bus

/// What the archive answers for instead of Redis, and what it does not.
struct BusErrorTests {
    @Test(arguments: [
        BusError.redis(.unavailable), .redis(.disconnected), .redis(.timeout),
        .redis(.server("MISCONF Errors writing to the AOF file: No space left on device")),
        .redis(.server("NOREPLICAS Not enough good replicas to write.")),
    ])
    func aRedisThatIsAwayOrCannotWriteIsAnOutage(error: BusError) {
        #expect(error.isOutage && error.code == .busUnavailable)
    }

    @Test(arguments: [
        BusError.redis(.server("OOM command not allowed when used memory > 'maxmemory'.")),
        .redis(.server("WRONGTYPE Operation against a key")), .redis(.server("")), .redis(.overloaded),
        .timeout, .refused(.roomNotFound), .malformed,
    ])
    func whatIsRefusedIsNone(error: BusError) {
        #expect(!error.isOutage)
    }
}
