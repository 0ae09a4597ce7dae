import Engine

/// The date of a response in the fixed form of RFC 9110, 5.6.7.
public enum HTTPDate {
    /// Writes seconds since 1970-01-01 UTC as `Sun, 06 Nov 1994 08:49:37 GMT`.
    public static func format(secondsSince1970 seconds: Int64) -> String {
        let seconds = max(seconds, 0)
        let days = Int(seconds / 86_400)
        let rest = Int(seconds % 86_400)
        let date = CivilDate(daysSince1970: Int64(days))
        let (day, month) = (Int(date.day), Int(date.month))
        let clock = "\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        return "\(weekdays[(days + 4) % 7]), \(two(day)) \(months[month - 1]) \(date.year) \(clock) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
