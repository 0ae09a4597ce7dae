import Testing

@testable import ChatGateway

struct ChannelHomeTests {
    private typealias Ear = ChannelHome.Ear

    @Test func theFirstSubscribesAndTheLastUnsubscribes() {
        var home = ChannelHome()
        let verdicts = [home.want("a", Ear(loop: 0, number: 1)), home.want("a", Ear(loop: 1, number: 1))]
        #expect(verdicts == [true, false])
        let ends = [home.unwant("a", Ear(loop: 0, number: 1)), home.unwant("a", Ear(loop: 1, number: 1))]
        #expect(ends == [false, true])
        #expect(home.listeners(of: "a").isEmpty)
    }

    @Test func aLoopHearsAChannelOnceByItsNewestSubscription() {
        var home = ChannelHome()
        _ = home.want("a", Ear(loop: 1, number: 1))
        let isFirst = home.want("a", Ear(loop: 1, number: 2))
        #expect(!isFirst)
        #expect(home.listeners(of: "a") == [Ear(loop: 1, number: 2)])
        let isLast = home.unwant("a", Ear(loop: 1, number: 1))
        #expect(!isLast, "that one was replaced")
    }

    @Test func whoIsBehindIsLeftAlone() {
        var home = ChannelHome()
        for channel in ["a", "b"] { _ = home.want(channel, Ear(loop: 1, number: channel == "a" ? 1 : 2)) }
        _ = home.want("a", Ear(loop: 0, number: 7))
        home.fellBehind(1)
        #expect(home.listeners(of: "a") == [Ear(loop: 0, number: 7)])
        let again = home.listensAgain(1)
        #expect(Set(again.map(\.channel)) == ["a", "b"])
        #expect(Set(again.map(\.ear)) == [Ear(loop: 1, number: 1), Ear(loop: 1, number: 2)])
        #expect(home.listeners(of: "a").count == 2)
        #expect(home.listensAgain(1).isEmpty, "it was not behind")
    }

    /// Every sequence of five events of two loops, against the plainest account of what each of them has.
    @Test func allThatCanHappen() {
        var count = 0
        follow(ChannelHome(), Account(), steps: 5, &count)
        #expect(count == 8 + 64 + 512 + 4_096 + 32_768)
    }

    private enum Event: CaseIterable {
        case want, unwant, behind, again
    }

    /// What each of two loops wants, by number, and whether it is behind.
    private struct Account {
        var wanted: [UInt64?] = [nil, nil]
        var isBehind = [false, false]
        var last: UInt64 = 0

        var ears: Set<Ear> {
            Set([0, 1].compactMap { loop in wanted[loop].map { Ear(loop: loop, number: $0) } })
        }
    }

    private func follow(_ home: ChannelHome, _ account: Account, steps: Int, _ count: inout Int) {
        guard steps > 0 else { return }
        for loop in [0, 1] {
            for event in Event.allCases {
                var (home, account) = (home, account)
                count += 1
                guard take(event, by: loop, &home, &account) else {
                    Issue.record("\(event) of \(loop)")
                    return
                }
                follow(home, account, steps: steps - 1, &count)
            }
        }
    }

    /// Whether the home says the same as the account.
    private func take(
        _ event: Event, by loop: Int, _ home: inout ChannelHome, _ account: inout Account
    ) -> Bool {
        let before = account.ears
        switch event {
        case .want:
            account.last += 1
            account.wanted[loop] = account.last
            guard home.want("a", Ear(loop: loop, number: account.last)) == before.isEmpty else {
                return false
            }
        case .unwant:
            // An old one where there is none: it may be on its way.
            let number = account.wanted[loop] ?? 0
            account.wanted[loop] = nil
            let isLast = !before.isEmpty && account.ears.isEmpty
            guard home.unwant("a", Ear(loop: loop, number: number)) == isLast else { return false }
        case .behind:
            account.isBehind[loop] = true
            home.fellBehind(loop)
        case .again:
            let told: Set<Ear> = account.isBehind[loop] ? account.ears.filter { $0.loop == loop } : []
            account.isBehind[loop] = false
            guard Set(home.listensAgain(loop).map(\.ear)) == told else { return false }
        }
        let awake: Set<Ear> = account.ears.filter { !account.isBehind[$0.loop] }
        return Set(home.listeners(of: "a")) == awake
    }
}
