import Engine
import Foundation
import Support
import Testing

@Suite struct FreedMemoryTests {
    private static let pages = 2_048
    private static let mark = "FREED_MEMORY_ALONE"

    /// Eight megabytes in pieces as large as the arrays of a batch, written to and freed; how many pages were missing.
    private func faultsOfABatch() -> Int {
        let before = faults()
        let pieces = (0..<16).map { [UInt8](repeating: UInt8($0), count: 512 * 1_024) }
        #expect(pieces.last?.last == 15)
        return faults() - before
    }

    private func faults() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_minflt
    }

    /// In a process of its own: what other tests allocate and free meanwhile takes from what this one has freed.
    ///
    /// Not by an exit test: it waits for any child, and never looks past one of `Process` that has ended.
    @Test(.disabled(if: Sanitizer.hasOwnMemory, "What is freed is the sanitizer's then, which keeps it."))
    func aBatchFindsTheMemoryOfTheOneBefore() async throws {
        guard ProcessInfo.processInfo.environment[Self.mark] != nil else {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let alone = try await Command.run([
                "\(Self.mark)=1", program, "--testing-library", "swift-testing", "--filter",
                "FreedMemoryTests",
            ])
            #expect(alone.status == 0 && alone.output.contains("Test run with 1 test "), "\(alone.output)")
            return
        }
        FreedMemory.keep()
        let counts = (0..<4).map { _ in faultsOfABatch() }
        #expect(counts.min() ?? .max < Self.pages / 10)
    }
}
