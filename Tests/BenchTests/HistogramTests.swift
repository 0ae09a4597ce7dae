import Testing

@testable import Bench

struct HistogramTests {
    @Test func whatIsEmptyHasNoValues() {
        let histogram = Histogram()
        #expect(histogram.count == 0 && histogram.max == 0 && histogram.mean == 0)
        #expect(histogram.percentile(99) == 0)
    }

    @Test func smallValuesAreExact() {
        var histogram = Histogram()
        for value in UInt64(1)...100 { histogram.record(value) }
        #expect(histogram.percentile(50) == 50)
        #expect(histogram.percentile(99) == 99)
        #expect(histogram.percentile(100) == 100)
        #expect(histogram.percentile(0) == 1)
        #expect(histogram.mean == 50.5)
    }

    @Test(arguments: [0, 1, 127, 128, 129, 255, 256, 12_345, 1 << 40 + 7, UInt64.max - 1, .max])
    func aValueComesBackAtMostOnePartIn128TooHigh(_ value: UInt64) {
        var histogram = Histogram()
        histogram.record(value)
        histogram.record(.max)
        let found = histogram.percentile(50)
        #expect(found >= value)
        #expect(found - value <= value / 128)
    }

    @Test func percentilesOfASpreadStayWithinTheError() {
        var histogram = Histogram()
        for value in UInt64(1)...100_000 { histogram.record(value * 1_000) }
        for percent in [1.0, 25, 50, 90, 99, 99.9] {
            let exact = percent * 1_000 * 1_000
            let found = Double(histogram.percentile(percent))
            #expect(found >= exact && found <= exact * (1 + 1.0 / 128))
        }
        #expect(histogram.percentile(100) == 100_000_000)
    }

    @Test func ofTwoOneIsMade() {
        var both = Histogram()
        var first = Histogram()
        var second = Histogram()
        for value in UInt64(0)..<1_000 {
            both.record(value * value)
            if value % 3 == 0 { first.record(value * value) } else { second.record(value * value) }
        }
        first.add(second)
        #expect(first == both)
    }
}
