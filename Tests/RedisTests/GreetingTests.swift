import Testing

@testable import Redis

@Suite struct GreetingTests {
    @Test func saysWhatTheAddressAsksFor() {
        let plain = Greeting(to: RedisAddress(host: "h"), as: "gateway 1")
        #expect(
            plain.commands == [
                ["CLIENT", "SETNAME", "gateway-1"], ["PING"], ["INFO", "server", "replication"], ["TIME"],
            ])
        let full = Greeting(to: RedisAddress(host: "h", user: "u", password: "p", database: 2), as: "x")
        #expect(full.commands.first == ["AUTH", "u", "p"])
        #expect(full.commands.contains(["SELECT", 2]))
        let legacy = Greeting(to: RedisAddress(host: "h", password: "p"), as: "x")
        #expect(legacy.commands.first == ["AUTH", "p"])
    }

    @Test func learnsWhoAnswers() throws {
        var greeting = Greeting(to: RedisAddress(host: "h"), as: "x")
        #expect(greeting.receive(.success(.status("OK")), at: 0) == nil)
        #expect(greeting.receive(.success(.status("PONG")), at: 0) == nil)
        #expect(greeting.receive(.success(info), at: 0) == nil)
        let last = greeting.receive(.success(time), at: 1_699_999_999_000)
        let identity = try #require(last).get()
        #expect(identity.runID == "abc" && identity.version == "7.0.15")
        #expect(identity.clockOffset == 1_500)
    }

    @Test func endsAtTheFirstError() {
        var greeting = Greeting(to: RedisAddress(host: "h"), as: "x")
        #expect(greeting.receive(.success(.status("OK")), at: 0) == nil)
        let loading = RedisError.server("LOADING Redis is loading the dataset in memory")
        #expect(greeting.receive(.failure(loading), at: 0) == .failure(loading))
    }

    @Test func refusesAReplica() {
        var greeting = Greeting(to: RedisAddress(host: "h"), as: "x")
        let replica = RedisReply.bulk(
            Array("# Server\r\nrun_id:abc\r\n\r\n# Replication\r\nrole:slave\r\n".utf8))
        for answer in [RedisReply.status("OK"), .status("PONG"), replica] {
            #expect(greeting.receive(.success(answer), at: 0) == nil)
        }
        #expect(greeting.receive(.success(time), at: 0) == .failure(.replica))
    }

    @Test(arguments: [RedisReply.null, .bulk(Array("role:master".utf8)), .bulk([0xff])])
    func refusesAServerWithoutARun(info: RedisReply) {
        #expect(ServerIdentity(info: info, time: time, at: 0) == nil)
    }

    @Test func refusesATimeThatIsNone() {
        #expect(ServerIdentity(info: info, time: .array([.integer(.max), .integer(0)]), at: 0) == nil)
        #expect(ServerIdentity(info: info, time: .status("noon"), at: 0) == nil)
    }

    private let info = RedisReply.bulk(Array("# Server\r\nredis_version:7.0.15\r\nrun_id:abc\r\n".utf8))
    private let time = RedisReply.array([.bulk(Array("1700000000".utf8)), .bulk(Array("500999".utf8))])
}
