import Engine
import Hosting
import Redis
import Schema
import Support
import Testing

@testable import ChatGateway

struct GatheringTests {
    /// The times of answers, how many were under way as the next set out, and the interval after it.
    private func expect(
        _ departures: [(times: [Int], underWay: Int, interval: Int)], most: Int = 400
    ) {
        var gathering = Gathering(most: most)
        for (number, departure) in departures.enumerated() {
            for time in departure.times { gathering.answered(afterMilliseconds: time) }
            gathering.setOut(underWay: departure.underWay)
            #expect(gathering.interval == departure.interval, "departure \(number)")
        }
    }

    @Test(
        arguments: [
            (9, 64, 0), (10, 64, 30), (10, 63, 0), (20, 1_000, 60), (33, 64, 99), (34, 64, 100),
            (.max, 64, 100),
        ])
    func onlyManyThatTakeLongMakeOthersWait(time: Int, underWay: Int, interval: Int) {
        expect([([time], underWay, interval)])
    }

    @Test func theSlowestAnswerCounts() { expect([([2, 20, 3], 100, 60)]) }

    @Test func theIntervalStaysUntilThereIsAnAnswer() {
        expect([([20], 100, 60), ([], 100, 60), ([], 100, 60), ([3], 100, 45)])
    }

    @Test func quickAnswersEndItByAndBy() {
        let shorter = [45, 34, 26, 20, 15, 12, 9, 7, 6, 5, 4, 3, 2, 1, 0, 0]
        expect([([20], 100, 60)] + shorter.map { ([3], 100, $0) })
    }

    @Test func whatAGroupTakesCountsOnceThereAreGroups() {
        expect([
            ([12], 100, 36), ([4], 100, 27), ([4], 100, 21), ([4], 100, 16), ([4], 100, 12), ([4], 100, 12),
        ])
    }

    @Test func itEndsWithTheLoad() { expect([([20], 100, 60), ([], 63, 0)]) }

    @Test(arguments: [(1, 1), (3, 1), (4, 1), (7, 1), (8, 2), (60, 15)])
    func aRoundTakesNoLongerThanTheLongestPause(most: Int, interval: Int) {
        #expect(interval * Gathering.groups <= max(most, Gathering.groups))
        expect([([5_000], 64, interval)], most: most)
    }

    @Test func fullCoresWaitAsLongAsTheyMay() {
        expect([([10], 64, 15), ([5], 64, 15), ([4], 64, 12), ([3], 64, 9), ([5], 64, 15)], most: 60)
    }

    @Test func nobodyWaitsWhereItIsSwitchedOff() { expect([([5_000], 1_000, 0)], most: 0) }
}

struct DeparturesTests {
    /// Two rooms that set out together, and one that does not.
    private func rooms() throws -> [RoomID] {
        let all = (0..<100).map { room("room\($0)") }
        let others = all.dropFirst()
        let same = try #require(others.first { Departures.group(of: $0) == Departures.group(of: all[0]) })
        let other = try #require(others.first { Departures.group(of: $0) != Departures.group(of: all[0]) })
        return [all[0], same, other]
    }

    @Test func thoseOfARoomSetOutTogetherAndInTheirOrder() async throws {
        let rooms = try rooms()
        try await onSender { bench in
            let loop = bench.loop
            let gathered = bench.metrics.gathered
            let departures = Departures(loop: loop, mostMilliseconds: 1_000, gathered: gathered)
            var gone: [OutgoingMessage] = []
            departures.setOut = { gone.append($0) }
            func add(_ content: String, in room: RoomID = .general) throws {
                departures.add(try bench.message(#""content":"\#(content)""#, in: room))
            }
            for number in 0..<64 { try add("\(number)") }
            #expect(gone.count == 64)
            // As if the first had been under way for long.
            gone[0].departed = loop.now.advanced(byMilliseconds: -200)
            departures.answered(gone[0])
            try add("the last that need not wait")
            #expect(gone.count == 65 && gathered.value == 0)
            // With those that wait there are as many as before.
            gone.prefix(10).forEach { departures.ended($0) }
            for number in 0..<9 { try add("\(number)", in: rooms[number % 3]) }
            #expect(gone.count == 65 && gathered.value == 9)
            let haveGone = await eventually(on: loop) { gone.count == 74 }
            #expect(haveGone)
            let together = gone.dropFirst(65)
            let changes = zip(together, together.dropFirst()).count { $0.room != $1.room }
            #expect(changes == 2)
            var departed: [Instant] = []
            for (number, room) in rooms.enumerated() {
                let ofRoom = together.filter { $0.room == room }
                #expect(
                    ofRoom.map(\.request.message.content) == ["\(number)", "\(number + 3)", "\(number + 6)"])
                departed.append(try #require(ofRoom.first?.departed))
            }
            #expect(departed[0] == departed[1])
            #expect(abs(departed[2].milliseconds(since: departed[0])) >= 250)
            // An interval is over, so that nobody has to wait for the next departure.
            let latest = try #require(gone.last?.departed)
            let isOver = await eventually(on: loop) { loop.now.milliseconds(since: latest) >= 250 }
            #expect(isOver)
            try add("after the interval")
            #expect(gone.count == 75)
            // Few are left, however slow.
            gone[10..<13].forEach { departures.ended($0) }
            gone[74].departed = loop.now.advanced(byMilliseconds: -200)
            departures.answered(gone[74])
            try add("in the interval")
            #expect(gone.count == 75)
            let hasGone = await eventually(on: loop) { gone.count == 76 }
            #expect(hasGone)
            try add("the load is over")
            #expect(gone.count == 77)
        }
    }

    @Test func whenTheLoadEndsAllWhoWaitSetOut() async throws {
        try await onSender { bench in
            let loop = bench.loop
            let departures = Departures(loop: loop, mostMilliseconds: 1_000, gathered: bench.metrics.gathered)
            var gone: [OutgoingMessage] = []
            departures.setOut = { gone.append($0) }
            func add(_ number: Int) throws {
                departures.add(try bench.message(#""content":"\#(number)""#, in: room("room\(number)")))
            }
            for number in 0..<64 { try add(number) }
            gone[0].departed = loop.now.advanced(byMilliseconds: -200)
            departures.answered(gone[0])
            try add(64)
            for number in 65..<135 { try add(number) }
            #expect(gone.count == 65)
            gone.forEach { departures.ended($0) }
            departures.setOut = {
                gone.append($0)
                departures.ended($0)
            }
            let haveGone = await eventually(on: loop) { gone.count == 135 }
            #expect(haveGone)
            // The first turn is taken while 70 wait; the next, or the one after, finds fewer than a call holds.
            #expect(Set(gone.dropFirst(65).map { $0.departed?.milliseconds }).count <= 3)
            try add(135)
            #expect(gone.count == 136)
        }
    }

    /// Calls of 64 messages with 20 ms between them: as the second is answered, the third is under way.
    @Test func whatWaitedForOthersGetsItsPlaceBehindThem() async throws {
        try await onSender { bench in
            var outcomes: [String] = []
            func send(_ content: String, _ then: @escaping () -> Void = {}) throws {
                bench.sender.send(try bench.message(#""content":"\#(content)""#), in: SendLane()) {
                    outcomes.append(SenderBench.words($0))
                    then()
                }
            }
            // Else a first answer might come before the last of them is sent.
            bench.server.freeze()
            for call in 0..<3 {
                for number in 0..<64 {
                    let isFirstOfTheSecond = call == 1 && number == 0
                    try send("\(call).\(number)") {
                        guard isFirstOfTheSecond else { return }
                        for late in 0..<3 { try? send("late \(late)") }
                    }
                }
                bench.keepBusy(milliseconds: 20)
                // The call goes out at the end of the turn.
                await bench.loop.sleep(milliseconds: 0)
            }
            bench.server.thaw()
            let areSettled = await eventually(on: bench.loop) { outcomes.count == 195 }
            #expect(areSettled)
            #expect(outcomes == (1...195).map { "accepted \($0)" })
            #expect(bench.metrics.gathered.value == 2)
        }
    }
}
