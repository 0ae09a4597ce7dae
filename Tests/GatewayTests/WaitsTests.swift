import Testing

@testable import ChatGateway

@Suite("Those who wait for the same thing")
struct WaitsTests {
    @Test func allAreToldInTheirOrderAndOnce() {
        var waits = Waits<Bool>()
        var told: [Int] = []
        for number in 0..<3 { _ = waits.enter { if $0 { told.append(number) } } }
        for settle in waits.takeAll() { settle(true) }
        for settle in waits.takeAll() { settle(true) }
        #expect(told == [0, 1, 2])
    }

    @Test func whoHasWaitedInVainIsForgotten() {
        var waits = Waits<Bool>()
        var told: [Int] = []
        let numbers = (0..<3).map { number in waits.enter { if $0 { told.append(number) } } }
        waits.gaveUp(numbers[1])
        for settle in waits.takeAll() { settle(true) }
        #expect(told == [2])
    }

    @Test func whoWasToldGivesUpNobodyElse() {
        var waits = Waits<Bool>()
        let first = waits.enter { _ in }
        _ = waits.takeAll()
        _ = waits.enter { _ in }
        waits.gaveUp(first)
        let waiting = waits.takeAll()
        #expect(waiting.count == 1)
    }
}
