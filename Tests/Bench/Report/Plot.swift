import Glibc

/// A picture of lines over two logarithmic axes, as SVG (W3C): enough for latency over load.
struct Plot: Sendable {
    struct Series: Sendable {
        var name: String
        var points: [(x: Double, y: Double)]
    }

    var title: String
    var xLabel: String
    var yLabel: String
    var series: [Series]

    private static let width = 800.0
    private static let height = 480.0
    private static let margin = (left: 80.0, top: 50.0, bottom: 60.0)
    /// What stands beside a name, and one letter of it, at most.
    private static let beside = (least: 160.0, sign: 44.0, letter: 7.0)
    private static let colours = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a"]

    /// The picture as a file's text.
    var svg: String {
        let x = Axis(series.flatMap { $0.points.map(\.x) })
        let y = Axis(series.flatMap { $0.points.map(\.y) })
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Plot.width)) \(Int(Plot.height))" \
            font-family="sans-serif" font-size="13">
            <rect width="100%" height="100%" fill="white"/>
            """,
            text(Plot.width / 2, 26, title, anchor: "middle", size: 16),
            text((left + right) / 2, Plot.height - 14, xLabel, anchor: "middle"),
            "<g transform=\"rotate(-90 18 \(Int((top + bottom) / 2)))\">"
                + text(18, (top + bottom) / 2, yLabel, anchor: "middle") + "</g>",
        ]
        for tick in x.ticks { parts.append(mark(x: place(tick, x, left, right), label: Axis.label(tick))) }
        for tick in y.ticks { parts.append(mark(y: place(tick, y, bottom, top), label: Axis.label(tick))) }
        for (index, one) in series.enumerated() { parts.append(line(one, index, x, y)) }
        return (parts + ["</svg>", ""]).joined(separator: "\n")
    }

    private var left: Double { Plot.margin.left }
    private var right: Double {
        let longest = Double(series.map(\.name.count).max() ?? 0)
        return Plot.width - max(Plot.beside.sign + Plot.beside.letter * longest, Plot.beside.least)
    }
    private var top: Double { Plot.margin.top }
    private var bottom: Double { Plot.height - Plot.margin.bottom }

    private func place(_ value: Double, _ axis: Axis, _ from: Double, _ to: Double) -> Double {
        from + (to - from) * axis.share(of: value)
    }

    private func line(_ one: Series, _ index: Int, _ x: Axis, _ y: Axis) -> String {
        let colour = Plot.colours[index % Plot.colours.count]
        let places = one.points.filter { $0.x > 0 && $0.y > 0 }.map { point in
            (place(point.x, x, left, right), place(point.y, y, bottom, top))
        }
        let path = places.map { "\(number($0.0)),\(number($0.1))" }.joined(separator: " ")
        let dots = places.map {
            "<circle cx=\"\(number($0.0))\" cy=\"\(number($0.1))\" r=\"3\" fill=\"\(colour)\"/>"
        }
        let at = top + 10 + Double(index) * 20
        let key =
            "<rect x=\"\(number(right + 14))\" y=\"\(number(at - 9))\" width=\"12\" height=\"12\" fill=\"\(colour)\"/>"
        return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
            + dots.joined() + "\n" + key + text(right + 32, at + 2, one.name)
    }

    private func mark(x: Double, label: String) -> String {
        "<line x1=\"\(number(x))\" x2=\"\(number(x))\" y1=\"\(number(top))\" y2=\"\(number(bottom))\" stroke=\"#d0d7de\"/>"
            + text(x, bottom + 18, label, anchor: "middle")
    }

    private func mark(y: Double, label: String) -> String {
        "<line x1=\"\(number(left))\" x2=\"\(number(right))\" y1=\"\(number(y))\" y2=\"\(number(y))\" stroke=\"#d0d7de\"/>"
            + text(left - 8, y + 4, label, anchor: "end")
    }

    private func text(_ x: Double, _ y: Double, _ text: String, anchor: String = "start", size: Int = 13)
        -> String
    {
        let escaped = text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
        return
            "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\" font-size=\"\(size)\">\(escaped)</text>"
    }

    private func number(_ value: Double) -> String { Figure.fixed(value, 1) }
}

/// A logarithmic axis whose ends are 1, 2 or 5 times a power of ten.
struct Axis: Sendable {
    /// What is marked, the ends included.
    let ticks: [Double]

    /// An axis on which all of these that are above 0 have a place.
    init(_ values: [Double]) {
        let good = values.filter { $0 > 0 && $0.isFinite }
        guard let low = good.min(), let high = good.max() else {
            ticks = [1, 10]
            return
        }
        let steps = (-9...15).flatMap { power in [1.0, 2, 5].map { $0 * pow(10, Double(power)) } }
        let first = steps.lastIndex { $0 <= low * 1.000001 } ?? 0
        let last = max(steps.firstIndex { $0 >= high * 0.999999 } ?? steps.count - 1, first + 1)
        ticks = Array(steps[first...min(last, steps.count - 1)])
    }

    /// What stands at a tick: no digit more than it has.
    static func label(_ tick: Double) -> String {
        switch tick {
        case 999_999...: Figure.fixed(tick / 1e6, 0) + " M"
        case 999.9...: Figure.fixed(tick / 1e3, 0) + " k"
        case 0.99...: Figure.fixed(tick, 0)
        default: Figure.fixed(tick, tick < 0.0099 ? 3 : tick < 0.099 ? 2 : 1)
        }
    }

    /// Where a value stands: 0 at the low end, 1 at the high one.
    func share(of value: Double) -> Double {
        guard let low = ticks.first, let high = ticks.last, low < high else { return 0 }
        return (log(value) - log(low)) / (log(high) - log(low))
    }
}

extension Report {
    /// Latency over load, of the steps of a ramp.
    var plot: Plot {
        func points(_ value: KeyPath<Step, Double>) -> [(x: Double, y: Double)] {
            steps.filter { $0.isGood || !$0.isGeneratorLate }.map {
                ($0.acceptedPerSecond, $0[keyPath: value])
            }.sorted { $0.0 < $1.0 }
        }
        return Plot(
            title: "Latency over load: \(label.isEmpty ? peer.rawValue : label), \(rooms) rooms × \(clients)",
            xLabel: "accepted messages a second", yLabel: "ms from due to delivered",
            series: [
                .init(name: "p50", points: points(\.p50)), .init(name: "p99", points: points(\.p99)),
                .init(name: "max", points: points(\.max)),
            ])
    }
}
