import FoundationEssentials

/// `parley-bench plot`: draws figures of several runs.
struct PlotCommand: Sendable {
    var plot = Plot(title: "", xLabel: "", yLabel: "", series: [])
    var file = ""

    /// Reads the words after the mode.
    init(_ words: [String]) throws(BenchError) {
        let box = Box()
        try PlotCommand.rules(box).read(words)
        self = box.command
        guard !file.isEmpty, !plot.series.isEmpty else { throw .usage("plot needs --file and --series") }
    }

    private init() {}

    /// One line for each option.
    static var help: String { rules(Box()).help }

    /// Writes the picture.
    func run() throws {
        try Data(plot.svg.utf8).write(to: URL(filePath: file))
    }

    private final class Box { var command = PlotCommand() }

    private static func rules(_ box: Box) -> Arguments {
        var rules = Arguments()
        rules.text("file", "FILE", "where to write the picture (SVG)") { box.command.file = $0 }
        rules.text("title", "TEXT", "what stands above it") { box.command.plot.title = $0 }
        rules.text("x", "TEXT", "what stands below it") { box.command.plot.xLabel = $0 }
        rules.text("y", "TEXT", "what stands beside it") { box.command.plot.yLabel = $0 }
        rules.option("series", "NAME=X:Y,…", "a line; again for more") { text in
            guard let series = series(text) else { return false }
            box.command.plot.series.append(series)
            return true
        }
        return rules
    }

    private static func series(_ text: String) -> Plot.Series? {
        guard let equals = text.lastIndex(of: "=") else { return nil }
        var points: [(x: Double, y: Double)] = []
        for pair in text[text.index(after: equals)...].split(separator: ",") {
            let values = pair.split(separator: ":").compactMap { Double($0) }
            guard values.count == 2, values.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
            points.append((values[0], values[1]))
        }
        return points.isEmpty ? nil : Plot.Series(name: String(text[..<equals]), points: points)
    }
}
