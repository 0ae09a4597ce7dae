import Engine
import Support
import Testing

@testable import Redis

@Suite struct RedisClientTests {
    @Test func answersTenThousandPipelinedCommandsInOrder() async throws {
        try await withClient { _, client, loop in
            var answers: [Int64] = []
            for _ in 0..<10_000 {
                client.call(["INCR", "n"]) { if case .success(.integer(let n)) = $0 { answers.append(n) } }
            }
            #expect(await eventually(on: loop) { answers.count == 10_000 })
            #expect(answers == Array(1...10_000))
        }
    }

    @Test func tellsWhoAnswers() async throws {
        try await withClient { _, client, _ in
            #expect(client.runID?.count == 40)
            #expect(client.serverVersion?.hasPrefix("7.") == true)
            // Of one machine there is one clock: an offset is what a busy one adds to the answer.
            #expect(abs(client.clockOffset) < 60_000)
            let list = try await client.call("CLIENT", "LIST")
            #expect(list.text?.contains("name=test-client") == true)
        }
    }

    @Test func carriesAnyBytes() async throws {
        try await withClient { _, client, _ in
            let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
            _ = try await client.call("SET", "k", .bytes(bytes))
            #expect(try await client.call("GET", "k") == .bulk(bytes))
        }
    }

    @Test func tellsTheErrorOfRedis() async throws {
        try await withClient { _, client, _ in
            _ = try await client.call("SET", "k", "v")
            #expect(
                await failure { try await client.call("INCR", "k") }
                    == RedisError.server("ERR value is not an integer or out of range"))
        }
    }

    @Test func staysWithNoReplica() async throws {
        try await withClient { server, client, loop in
            let operatorClient = try RedisClient(
                loop: loop, address: RedisAddress(url: server.url), name: "operator")
            operatorClient.start()
            #expect(await eventually(on: loop) { operatorClient.isConnected })
            var ends = 0
            client.onDisconnect = { ends += 1 }
            // Nobody answers there: it only has to be a replica.
            _ = try await operatorClient.call("REPLICAOF", "127.0.0.1", 1)
            _ = try await client.call("PING")
            #expect(ends == 0)
            var refused: [String?] = []
            for _ in 0..<2 {
                client.call(["SET", "k", "v"]) { result in
                    if case .failure(let error) = result { refused.append(error.code) }
                }
            }
            #expect(await eventually(on: loop) { ends == 1 })
            #expect(refused == ["READONLY", "READONLY"])
            #expect(await eventually(on: loop) { client.lastError == .replica })
            _ = try await operatorClient.call("REPLICAOF", "NO", "ONE")
            #expect(await eventually(on: loop) { client.isConnected })
            operatorClient.close()
        }
    }

    @Test func comesBackAfterAKilledServerDoes() async throws {
        try await withClient(appendOnly: true) { server, client, loop in
            var runs: [RunID] = []
            var ends = 0
            client.onConnect = { runs.append($0) }
            client.onDisconnect = { ends += 1 }
            let firstRun = client.runID
            _ = try await client.call("SET", "k", "kept")
            server.kill()
            #expect(await eventually(on: loop) { ends == 1 })
            #expect(await failure { try await client.call("GET", "k") } == RedisError.unavailable)
            try server.start()
            #expect(await eventually(on: loop) { client.isConnected })
            #expect(runs == [client.runID] && client.runID != firstRun)
            #expect(try await client.call("GET", "k").text == "kept")
        }
    }

    @Test func failsWhatWasUnderWayWhenTheServerDies() async throws {
        try await withClient { server, client, loop in
            var result: Result<RedisReply, RedisError>?
            client.call(["BLPOP", "nothing", 0]) { result = $0 }
            _ = try? await client.call("ECHO", "x", timeoutMilliseconds: 1)
            server.kill()
            #expect(await eventually(on: loop) { result != nil })
            #expect(result == .failure(.disconnected))
        }
    }

    @Test func dropsAConnectionOnWhichAnAnswerIsOverdue() async throws {
        try await withClient { server, client, loop in
            var results: [Result<RedisReply, RedisError>] = []
            server.freeze()
            client.call(["PING"], timeoutMilliseconds: 5_000) { results.append($0) }
            client.call(["PING"], timeoutMilliseconds: 50) { results.append($0) }
            #expect(await eventually(on: loop) { results.count == 2 })
            #expect(results == [.failure(.disconnected), .failure(.timeout)])
            #expect(!client.isConnected)
            server.thaw()
            #expect(await eventually(on: loop) { client.isConnected })
        }
    }

    @Test func fallsSilentWhenClosed() async throws {
        try await withClient { _, client, loop in
            var result: Result<RedisReply, RedisError>?
            client.onDisconnect = { Issue.record("told of a close of its own") }
            client.call(["BLPOP", "nothing", 0]) { result = $0 }
            client.close()
            #expect(result == .failure(.disconnected))
            #expect(await failure { try await client.call("PING") } == RedisError.unavailable)
        }
    }

    @Test func logsIn() async throws {
        try await withClient { server, admin, loop in
            _ = try await admin.call("ACL", "SETUSER", "bob", "on", ">hush", "allcommands", "allkeys")
            let good = client(on: loop, bob(at: server, password: "hush"))
            let bad = client(on: loop, bob(at: server, password: "guess"))
            defer {
                good.close()
                bad.close()
            }
            #expect(await eventually(on: loop) { good.isConnected })
            #expect(try await good.call("ACL", "WHOAMI").text == "bob")
            #expect(await eventually(on: loop) { bad.lastError?.code == "WRONGPASS" })
            #expect(!bad.isConnected)
        }
    }
}

private func bob(at server: RedisServer, password: String) -> RedisAddress {
    RedisAddress(host: "127.0.0.1", port: server.port, user: "bob", password: password)
}

/// Gives `body` a connected client of a server of its own.
func withClient(
    appendOnly: Bool = false, libraries: [FunctionLibrary] = [],
    _ body: @escaping @Sendable (RedisServer, RedisClient, EventLoop) async throws -> Void
) async throws {
    try await onLoop { loop in
        let server = try RedisServer(appendOnly: appendOnly)
        let client = client(on: loop, try RedisAddress(url: server.url), libraries: libraries)
        defer { client.close() }
        try #require(await eventually(on: loop) { client.isConnected })
        try await body(server, client, loop)
    }
}

/// The error that a call ends with; `#expect(throws:)` would make the call off the loop.
func failure(_ call: () async throws -> RedisReply) async -> RedisError? {
    do {
        _ = try await call()
        return nil
    } catch {
        return error as? RedisError
    }
}

private func client(
    on loop: EventLoop, _ address: RedisAddress, libraries: [FunctionLibrary] = []
) -> RedisClient {
    let client = RedisClient(loop: loop, address: address, name: "test-client", libraries: libraries)
    client.start()
    return client
}
