import Engine
import Testing

@testable import ChatGateway

@Suite("Others are told of typing no more often than they could follow, and always of the end")
struct TypingPaceTests {
    /// Plays starts (`+`) and stops (`-`) at their times, looking again whenever the pace asks for it.
    private func told(_ acts: [(Int64, Character)]) -> String {
        var pace = TypingPace()
        var told: [String] = []
        var acts = acts[...]
        var next: Int64?
        while let time = [acts.first?.0, next].compactMap({ $0 }).min() {
            let now = Instant(milliseconds: time)
            if let act = acts.first, act.0 == time {
                acts.removeFirst()
                if act.1 == "+" { pace.start(at: now) } else { pace.stop() }
            }
            if let news = pace.news(at: now) { told.append("\(news ? "+" : "-")\(time)") }
            next = pace.wait(at: now).map { time + Int64($0) }
        }
        #expect(!pace.isTold)
        return told.joined(separator: " ")
    }

    @Test(
        "A dialogue",
        arguments: [
            ([(0, "+")], "+0 -6000"),
            ([(0, "+"), (3_000, "+")], "+0 -9000"),
            ([(0, "+"), (1_000, "-")], "+0 -1000"),
            ([(0, "+"), (10, "-")], "+0 -250"),
            ([(0, "+"), (10, "-"), (20, "+")], "+0 -6020"),
            ([(0, "+"), (10, "-"), (20, "+"), (30, "-")], "+0 -250"),
            ([(0, "+"), (300, "-"), (310, "+"), (320, "-")], "+0 -300"),
            ([(0, "+"), (300, "-"), (310, "+")], "+0 -300 +550 -6310"),
            ([(0, "-")], ""),
        ] as [([(Int64, Character)], String)])
    func dialogue(acts: [(Int64, Character)], expected: String) {
        #expect(told(acts) == expected)
    }

    @Test("Somebody who changes his mind without end is told of four times a second")
    func flood() {
        let acts = (0..<10_000).map { (Int64($0), $0.isMultiple(of: 2) ? "+" : "-") as (Int64, Character) }
        let count = told(acts).split(separator: " ").count
        #expect((30...42).contains(count))
    }
}
