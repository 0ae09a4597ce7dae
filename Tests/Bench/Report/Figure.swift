/// Numbers for people.
enum Figure {
    /// With so many digits behind the point.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let units = Int((abs(value) * scale).rounded())
        let sign = value < 0 && units > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(units)" }
        let fraction = String(units % Int(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(sign)\(units / Int(scale)).\(zeros)\(fraction)"
    }

    /// With three digits that count: `1.63 M`, `75.1 k`, `812`.
    static func short(_ value: Double) -> String {
        switch abs(value) {
        case 999_500...: scaled(value / 1e6) + " M"
        case 9_995...: scaled(value / 1e3) + " k"
        case 100...: fixed(value, 0)
        default: scaled(value)
        }
    }

    private static func scaled(_ value: Double) -> String {
        fixed(value, abs(value) >= 99.95 ? 0 : abs(value) >= 9.995 ? 1 : 2)
    }
}
