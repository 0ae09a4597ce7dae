import Engine
import Testing
import Web

@testable import ChatAuth

@Suite struct PasswordGuessesTests {
    /// A place where passwords are tried, and the people who do, by their addresses.
    private final class Door {
        let clock = ManualClock()
        private(set) var refusals = 0
        private lazy var guesses = PasswordGuesses(
            throttle: LoginThrottle(), failuresPerAddress: 10, proxies: TrustedProxies(),
            clock: { [clock] in clock.now }, onRefusal: { [unowned self] in refusals += 1 })

        /// Nil where the try was looked at, else the limit beyond which it went, and for how long.
        func tries(_ user: String, from address: String, isRight: Bool = false) async throws -> String? {
            var request = try #require(Request(.post, "/auth/login"))
            request.peerAddress = address
            do {
                _ = try await guesses.run(as: user, by: request) { isRight ? true : nil }
                return nil
            } catch let error as TooMany {
                return "\(error.policy) \(error.quota)/\(error.windowSeconds) \(error.retryAfterSeconds)"
            }
        }

        /// One wrong password on each of so many accounts.
        func triesOnePassword(onAccounts count: Int, from address: String) async throws {
            for number in 0..<count { _ = try await tries("user-\(number)", from: address) }
        }
    }

    @Test func whoTriesOnePasswordOnManyAccountsHasToWait() async throws {
        let door = Door()
        try await door.triesOnePassword(onAccounts: 10, from: "192.0.2.1")
        #expect(door.refusals == 0)
        #expect(try await door.tries("alice", from: "192.0.2.1") == "login-failures 10/900 90")
        #expect(door.refusals == 1)
        // The right one too: whoever has guessed it may not have it confirmed.
        #expect(try await door.tries("bob", from: "192.0.2.1", isRight: true) != nil)
        #expect(try await door.tries("bob", from: "192.0.2.2", isRight: true) == nil)
        door.clock.advance(bySeconds: 90)
        #expect(try await door.tries("bob", from: "192.0.2.1", isRight: true) == nil)
    }

    @Test func whoLogsInDoesNotCount() async throws {
        let door = Door()
        for number in 0..<50 {
            #expect(try await door.tries("user-\(number)", from: "192.0.2.1", isRight: true) == nil)
        }
        // Nor is anything forgiven for it: who guesses may have an account of their own.
        try await door.triesOnePassword(onAccounts: 9, from: "192.0.2.1")
        #expect(try await door.tries("mallory", from: "192.0.2.1", isRight: true) == nil)
        #expect(try await door.tries("alice", from: "192.0.2.1") == nil)
        #expect(try await door.tries("alice", from: "192.0.2.1") != nil)
    }

    /// Nobody's account has such a name: what a stranger makes up is no further key.
    @Test func whatIsNoHandleIsOneForEachAddress() async throws {
        let door = Door()
        var heard: [String?] = []
        for number in 0..<6 {
            heard.append(try await door.tries("N\u{301}\u{302} \(number)", from: "192.0.2.1"))
        }
        #expect(heard == [nil, nil, nil, nil, nil, "login 5/900 1"])
        #expect(try await door.tries("alice", from: "192.0.2.1") == nil)
        #expect(try await door.tries("no handle", from: "192.0.2.2") == nil)
    }

    @Test func aNetworkOfIPv6IsOneAddress() async throws {
        let door = Door()
        for number in 1...10 { _ = try await door.tries("user-\(number)", from: "2001:db8::\(number)") }
        #expect(try await door.tries("alice", from: "2001:db8::ffff") != nil)
        #expect(try await door.tries("alice", from: "2001:db8:0:1::1") == nil)
    }

    /// All clients behind a proxy that does not name them would have to wait for one who guesses.
    @Test(arguments: ["127.0.0.1", "127.0.0.9", "::1"])
    func thisMachineIsNobodyInParticular(address: String) async throws {
        let door = Door()
        try await door.triesOnePassword(onAccounts: 30, from: address)
        #expect(try await door.tries("alice", from: address) == nil)
        // One account is as slow from here as from anywhere.
        for _ in 0..<4 { _ = try await door.tries("alice", from: address) }
        #expect(try await door.tries("alice", from: address) == "login 5/900 1")
    }

    /// Who waits for an account is not looked at, so it costs the others of the address nothing.
    @Test func whoIsSlowedDownAlreadyCostsNothing() async throws {
        let door = Door()
        for _ in 0..<30 { _ = try await door.tries("alice", from: "192.0.2.1") }
        #expect(try await door.tries("bob", from: "192.0.2.1", isRight: true) == nil)
        #expect(door.refusals == 0)
    }
}
