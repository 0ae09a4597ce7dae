import Engine
import Testing

struct CivilDateTests {
    /// Day by day, by the rule of leap years alone: two eras and a half after 1970, and as many before the year 1600.
    @Test func daysAreCountedAsTheCalendarDoes() {
        var number = CivilDate(year: 600, month: 1, day: 1).daysSince1970
        #expect(number == -500_382)
        for year in Int64(600)...2_970 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in zip(Int64(1)..., lengths) {
                for day in 1...length {
                    let date = CivilDate(daysSince1970: number)
                    guard date == CivilDate(year: year, month: month, day: day), date.daysSince1970 == number
                    else {
                        Issue.record("\(year)-\(month)-\(day) is \(date)")
                        return
                    }
                    number += 1
                }
            }
        }
        #expect(CivilDate(daysSince1970: 0) == CivilDate(year: 1970, month: 1, day: 1))
    }

    @Test(
        "A moment lies in its day, before 1970 too",
        arguments: [
            (0, 0, 0), (86_399_999, 0, 86_399_999), (86_400_000, 1, 0), (-1, -1, 86_399_999),
            (-86_400_000, -1, 0), (-86_400_001, -2, 86_399_999),
        ] as [(Int64, Int64, Int64)])
    func moments(milliseconds: Int64, day: Int64, rest: Int64) {
        let found = CivilDate.of(milliseconds: milliseconds)
        #expect(found.date == CivilDate(daysSince1970: day))
        #expect(found.millisecondsOfDay == rest)
    }

    @Test func beforeTheFirstYear() {
        let last = CivilDate(year: 0, month: 12, day: 31)
        #expect(last.daysSince1970 + 1 == CivilDate(year: 1, month: 1, day: 1).daysSince1970)
        #expect(CivilDate(daysSince1970: last.daysSince1970) == last)
    }
}
