import Engine
import Glibc
import Support
import Testing

@Suite struct FreedMemoryTests {
    private static let pages = 2_048

    /// Eight megabytes in pieces as large as the arrays of a batch, written to and freed; how many pages were missing.
    private static func faultsOfABatch() -> Int {
        let before = faults()
        let pieces = (0..<16).map { [UInt8](repeating: UInt8($0), count: 512 * 1_024) }
        #expect(pieces.last?.last == 15)
        return faults() - before
    }

    private static func faults() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_minflt
    }

    /// In a process of its own: what other tests allocate and free meanwhile takes from what this one has freed.
    @Test(.disabled(if: Sanitizer.hasOwnMemory, "What is freed is the sanitizer's then, which keeps it."))
    func aBatchFindsTheMemoryOfTheOneBefore() async {
        await #expect(processExitsWith: .success) {
            FreedMemory.keep()
            let counts = (0..<4).map { _ in FreedMemoryTests.faultsOfABatch() }
            #expect(counts.min() ?? .max < FreedMemoryTests.pages / 10)
        }
    }
}
