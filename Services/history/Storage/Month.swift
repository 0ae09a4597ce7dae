import Engine

/// A month of the calendar in UTC: what one partition of `history.messages` holds.
struct Month: Hashable, Comparable, Sendable {
    /// Months since January of the year 0.
    private let index: Int

    private init(index: Int) { self.index = index }

    /// The month of a moment in milliseconds since 1970; nil before that and after the year 9999.
    init?(containing milliseconds: Int64) {
        guard (0...253_402_300_799_999).contains(milliseconds) else { return nil }
        let date = CivilDate.of(milliseconds: milliseconds).date
        index = Int(date.year) * 12 + Int(date.month) - 1
    }

    var next: Month { Month(index: index + 1) }

    /// This month and so many after it.
    func and(ahead count: Int) -> [Month] { (0...max(count, 0)).map { Month(index: index + $0) } }

    /// `2026_11`, for names of tables.
    var suffix: String { text("_") }

    /// Its first moment, as PostgreSQL reads it.
    var start: String { "\(text("-"))-01 00:00:00+00" }

    private func text(_ separator: String) -> String {
        let (year, month) = (index / 12, index % 12 + 1)
        return "\(Month.padded(year, 4))\(separator)\(Month.padded(month, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }

    static func < (left: Month, right: Month) -> Bool { left.index < right.index }
}
