import Engine

/// timestamptz in ISO form at UTC, `2026-01-31 23:59:59.123+00`, as milliseconds since 1970.
///
/// Sessions run with `DateStyle=ISO` and `TimeZone=UTC`, so no other form comes back.
enum TimestampText {
    static func encode(milliseconds: Int64) -> String {
        let (date, inDay) = CivilDate.of(milliseconds: milliseconds)
        let year = date.year > 0 ? date.year : 1 - date.year  // ISO year 0 is 1 BC
        let time = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1_000 % 60].map { padded($0, 2) }
        let stamp =
            "\(padded(year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2)) "
            + "\(time.joined(separator: ":")).\(padded(inDay % 1_000, 3))+00"
        return date.year > 0 ? stamp : stamp + " BC"
    }

    /// Finer fractions than milliseconds are cut off; `infinity` is nothing a number can say.
    static func decode(_ text: String) -> Int64? {
        var parts = text.split(separator: " ", omittingEmptySubsequences: false)
        let isBeforeChrist = parts.last == "BC"
        if isBeforeChrist { parts.removeLast() }
        guard parts.count == 2, let time = timeOfDay(parts[1]) else { return nil }
        let fields = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { digits($0) }
        guard fields.count == 3, let year = fields[0], let month = fields[1], let day = fields[2],
            (1...300_000).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let date = CivilDate(year: isBeforeChrist ? 1 - year : year, month: month, day: day)
        return date.daysSince1970 * millisecondsPerDay + time
    }

    private static let millisecondsPerDay: Int64 = 86_400_000

    private static func timeOfDay(_ text: Substring) -> Int64? {
        guard text.hasSuffix("+00") else { return nil }
        let halves = text.dropLast(3).split(separator: ".", omittingEmptySubsequences: false)
        guard let clock = halves.first, halves.count <= 2 else { return nil }
        let fields = clock.split(separator: ":", omittingEmptySubsequences: false).map { digits($0) }
        guard fields.count == 3, let hour = fields[0], let minute = fields[1], let second = fields[2],
            hour < 24, minute < 60, second < 60
        else { return nil }
        guard let fraction = halves.count == 2 ? milliseconds(ofFraction: halves[1]) : 0 else { return nil }
        return ((hour * 60 + minute) * 60 + second) * 1_000 + fraction
    }

    private static func milliseconds(ofFraction text: Substring) -> Int64? {
        guard (1...6).contains(text.count), let micros = digits(text) else { return nil }
        return (text.count..<6).reduce(micros) { scaled, _ in scaled * 10 } / 1_000
    }

    /// A short unsigned number; short, so that nothing computed from it can overflow.
    private static func digits(_ text: Substring) -> Int64? {
        guard (1...6).contains(text.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int64(text)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
