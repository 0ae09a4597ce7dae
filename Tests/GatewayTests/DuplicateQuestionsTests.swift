import Engine
import Schema
import Support
import Testing

@testable import ChatGateway

struct DuplicateQuestionsTests {
    @Test func eachUserHasSoManyASecond() {
        var questions = DuplicateQuestions()
        var asked: [Int] = []
        for milliseconds in [5_000, 5_999, 6_000] as [Int64] {
            for user in [UserHandle.alice, .bob] {
                var count = 0
                for _ in 0...DuplicateQuestions.mostPerSecond {
                    let may = questions.mayAsk(for: user, at: Instant(milliseconds: milliseconds))
                    count += may ? 1 : 0
                }
                asked.append(count)
            }
        }
        let most = DuplicateQuestions.mostPerSecond
        #expect(asked == [most, most, 0, 0, most, most])
    }
}
