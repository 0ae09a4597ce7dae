import Testing

@testable import Bench

struct PlotTests {
    @Test(arguments: [
        ([3.0, 40], [2.0, 5, 10, 20, 50]), ([1, 10], [1, 2, 5, 10]), ([7], [5, 10]), ([], [1, 10]),
        ([0, -1, .infinity], [1, 10]), ([5], [5, 10]),
    ])
    func anAxisHoldsAllItsValues(_ values: [Double], _ ticks: [Double]) {
        let axis = Axis(values)
        #expect(axis.ticks.count == ticks.count)
        for (tick, expected) in zip(axis.ticks, ticks) { #expect(abs(tick - expected) < expected * 1e-9) }
        for value in values where value > 0 && value.isFinite {
            #expect((-1e-6...1 + 1e-6).contains(axis.share(of: value)))
        }
    }

    @Test(arguments: [
        (0.005, "0.005"), (0.02, "0.02"), (0.5, "0.5"), (1, "1"), (200, "200"), (1_000, "1 k"),
        (5_000_000, "5 M"),
    ])
    func aTickHasNoDigitTooMany(_ tick: Double, _ label: String) {
        #expect(Axis.label(tick) == label)
    }

    @Test func aPictureNamesItsSeriesAndEscapesThem() {
        let plot = Plot(
            title: "a < b", xLabel: "load", yLabel: "ms",
            series: [.init(name: "p&q", points: [(1, 1), (10, 100), (0, 5)])])
        let svg = plot.svg
        #expect(svg.contains("a &lt; b") && svg.contains("p&amp;q"))
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
        // A point without a place on the axes is left out.
        #expect(svg.split(separator: "<circle").count == 3)
        #expect(!svg.contains("nan"))
    }

    @Test(arguments: [(3, 640.0), (16, 640.0), (30, 546.0)])
    func aLongNameHasItsPlaceBesideTheLines(_ letters: Int, _ end: Double) {
        let name = String(repeating: "n", count: letters)
        let svg = Plot(
            title: "", xLabel: "", yLabel: "", series: [.init(name: name, points: [(1, 1), (10, 10)])]
        ).svg
        #expect(svg.contains("x2=\"\(Figure.fixed(end, 1))\""))
        #expect(svg.contains("<text x=\"\(Figure.fixed(end + 32, 1))\""))
    }

    @Test func seriesAreReadFromWords() throws {
        let command = try PlotCommand(["--file", "x.svg", "--series", "limit=10:1.5,100:3", "--title=T"])
        #expect(command.plot.series.first?.name == "limit")
        #expect(command.plot.series.first?.points.map(\.y) == [1.5, 3])
        for words in [
            ["--file", "x"], ["--file", "x", "--series", "a"], ["--file", "x", "--series", "a=1:0"],
        ] {
            #expect(throws: BenchError.self) { try PlotCommand(words) }
        }
    }
}
