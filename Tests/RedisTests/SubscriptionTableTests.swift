import Testing

@testable import Redis

@Suite struct SubscriptionTableTests {
    private let a = Array("a".utf8)
    private let b = Array("b".utf8)

    @Test func waitsForAConnection() {
        var table = SubscriptionTable()
        #expect(table.want(a) == nil)
        #expect(table.connected() == [.subscribe(a)])
    }

    @Test func tellsWhenRedisHasConfirmed() {
        var table = connected()
        #expect(order(table.want(a), &table) == .subscribe(a))
        #expect(!table.isReady(a))
        #expect(table.subscribed(a) == .ready(a))
        #expect(table.isReady(a) && !table.isWaiting)
    }

    @Test func asksOnceForWhatIsWantedTwice() {
        var table = connected()
        #expect(order(table.want(a), &table) == .subscribe(a))
        #expect(table.want(a) == nil)
    }

    @Test func subscribesAgainAfterAReconnect() {
        var table = connected(with: a, b)
        table.disconnected()
        #expect(!table.isReady(a))
        #expect(Set(table.connected()) == [.subscribe(a), .subscribe(b)])
        table.sent(.subscribe(a), deadline: 1)
        #expect(table.subscribed(a) == .ready(a))
    }

    @Test func subscribesAgainWhenSentAwayUnasked() {
        var table = connected(with: a)
        #expect(table.unsubscribed(a) == .send(.subscribe(a)))
        #expect(!table.isReady(a))
    }

    @Test func acceptsTheEndItAskedFor() {
        var table = connected(with: a)
        #expect(order(table.unwant(a), &table) == .unsubscribe(a))
        #expect(table.unsubscribed(a) == .nothing)
        #expect(!table.isReady(a) && table.wanted.isEmpty && !table.isWaiting)
    }

    @Test func believesOnlyTheLastWord() {
        var table = connected()
        _ = order(table.want(a), &table)
        _ = order(table.unwant(a), &table)
        _ = order(table.want(a), &table)
        #expect(table.subscribed(a) == .nothing)
        #expect(table.unsubscribed(a) == .nothing)
        #expect(table.subscribed(a) == .ready(a))
    }

    @Test func ignoresAConfirmationOfWhatIsNotWanted() {
        var table = connected()
        _ = order(table.want(a), &table)
        _ = order(table.unwant(a), &table)
        #expect(table.subscribed(a) == .nothing)
        #expect(!table.isReady(a))
        #expect(table.unsubscribed(a) == .nothing)
        #expect(!table.isWaiting)
    }

    @Test func triesAgainWhatWasRefused() {
        var table = connected()
        _ = order(table.want(a), &table)
        _ = order(table.want(b), &table)
        table.failed()
        #expect(table.subscribed(b) == .ready(b))
        #expect(table.retry() == [.subscribe(a)])
        #expect(table.retry().isEmpty)
    }

    @Test func noticesAnAnswerThatDoesNotCome() {
        var table = connected()
        #expect(table.want(a) == .subscribe(a))
        table.sent(.subscribe(a), deadline: 100)
        table.sent(.ping, deadline: 200)
        #expect(table.hasExpired(at: 99) == false)
        #expect(table.hasExpired(at: 100) == true)
        #expect(table.subscribed(a) == .ready(a))
        #expect(table.hasExpired(at: 199) == false)
        table.ponged()
        #expect(table.hasExpired(at: 300) == false)
    }

    @Test func hasPatienceAsLongAsAnswersCome() {
        var table = connected()
        for channel in [a, b] {
            #expect(table.want(channel) == .subscribe(channel))
            table.sent(.subscribe(channel), deadline: 100)
        }
        #expect(table.subscribed(a) == .ready(a))
        table.answered(nextUntil: 190)
        #expect(table.hasExpired(at: 189) == false)
        #expect(table.hasExpired(at: 190) == true)
        table.disconnected()
        _ = table.connected()
        table.sent(.subscribe(b), deadline: 150)
        #expect(table.hasExpired(at: 150) == true)
    }

    private func connected(with channels: [UInt8]...) -> SubscriptionTable {
        var table = SubscriptionTable()
        _ = table.connected()
        for channel in channels {
            _ = order(table.want(channel), &table)
            _ = table.subscribed(channel)
        }
        return table
    }

    private func order(
        _ order: SubscriptionTable.Order?, _ table: inout SubscriptionTable
    ) -> SubscriptionTable.Order? {
        if let order { table.sent(order, deadline: .max) }
        return order
    }
}
