import Engine
import Glibc
import Support
import Testing

@Suite struct FreedMemoryTests {
    private static let pages = 2_048

    /// Eight megabytes in pieces as large as the arrays of a batch, written to and freed; how many pages were missing.
    private func faultsOfABatch() -> Int {
        let before = faults()
        let pieces = (0..<16).map { [UInt8](repeating: UInt8($0), count: 512 * 1_024) }
        #expect(pieces.last?.last == 15)
        return faults() - before
    }

    private func faults() -> Int {
        var usage = rusage()
        // RUSAGE_THREAD, which the Glibc module does not have: others allocate meanwhile.
        getrusage(__rusage_who_t(1), &usage)
        return usage.ru_minflt
    }

    @Test(.disabled(if: Sanitizer.hasOwnMemory, "What is freed is the sanitizer's then, which keeps it."))
    func aBatchFindsTheMemoryOfTheOneBefore() {
        FreedMemory.keep()
        let counts = (0..<4).map { _ in faultsOfABatch() }
        #expect(counts.min() ?? .max < FreedMemoryTests.pages / 10)
    }
}
