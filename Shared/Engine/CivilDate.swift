/// A day of the Gregorian calendar in UTC, which counts on before there was one.
///
/// By Howard Hinnant's "days from civil": eras of 400 years, and years that begin in March, so that the leap day comes
/// last. By integers only: each line of the log has a time, and none is to look into the time zones of the system.
public struct CivilDate: Hashable, Sendable {
    /// The year; 0 is 1 BC.
    public let year: Int64
    /// The month, from 1.
    public let month: Int64
    /// The day of the month, from 1.
    public let day: Int64

    private static let millisecondsPerDay: Int64 = 86_400_000
    private static let daysPerEra: Int64 = 146_097
    /// From the 1st of March of the year 0 to 1970-01-01.
    private static let daysBefore1970: Int64 = 719_468

    /// Takes the parts.
    public init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// The day with this number, 0 being 1970-01-01.
    public init(daysSince1970: Int64) {
        let shifted = daysSince1970 + CivilDate.daysBefore1970
        let era = CivilDate.floorDivide(shifted, CivilDate.daysPerEra)
        let dayOfEra = shifted - era * CivilDate.daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    /// The day of a moment in milliseconds since 1970, and how many of them it has had by then.
    public static func of(milliseconds: Int64) -> (date: CivilDate, millisecondsOfDay: Int64) {
        let rest = milliseconds % millisecondsPerDay
        return (
            CivilDate(daysSince1970: floorDivide(milliseconds, millisecondsPerDay)),
            rest < 0 ? rest + millisecondsPerDay : rest
        )
    }

    /// The number of the day, 0 being 1970-01-01.
    public var daysSince1970: Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = CivilDate.floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * CivilDate.daysPerEra + dayOfEra - CivilDate.daysBefore1970
    }

    private static func floorDivide(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        let quotient = dividend / divisor
        return dividend % divisor < 0 ? quotient - 1 : quotient
    }
}
