import Engine
import Support
import Testing

@testable import Redis

@Suite struct RedisFunctionTests {
    private static let library = FunctionLibrary(
        name: "order_v1",
        source: """
            #!lua name=order_v1
            redis.register_function('order_add', function(keys, args)
              return redis.call('RPUSH', keys[1], args[1])
            end)
            """)
    private static let add = RedisFunction(name: "order_add", library: library)

    @Test func loadsWhatTheServerLacks() async throws {
        try await withClient(libraries: [Self.library]) { _, client, _ in
            let direct = try await client.call("FCALL", "order_add", 1, "list", "x")
            #expect(direct == .integer(1))
        }
    }

    @Test func replacesAnEarlierDraft() async throws {
        try await withClient(appendOnly: true, libraries: [Self.library]) { server, client, loop in
            let draft =
                "#!lua name=order_v1\nredis.register_function('order_add', function() return 'draft' end)"
            _ = try await client.call("FUNCTION", "LOAD", "REPLACE", .text(draft))
            #expect(try await client.call("FCALL", "order_add", 1, "list", "x").text == "draft")
            var ends = 0
            client.onDisconnect = { ends += 1 }
            _ = try? await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
            #expect(await eventually(on: loop) { ends == 1 && client.isConnected })
            #expect(try await client.call("FCALL", "order_add", 1, "list", "x") == .integer(1))
        }
    }

    @Test func loadsAgainWhatWasFlushed() async throws {
        try await withClient(libraries: [Self.library]) { _, client, _ in
            _ = try await client.call("FUNCTION", "FLUSH")
            #expect(try await client.function(Self.add, keys: ["list"], arguments: ["x"]) == .integer(1))
        }
    }

    @Test func loadsOnceAndKeepsTheOrder() async throws {
        try await withClient { _, client, loop in
            _ = try await client.call("CONFIG", "RESETSTAT")
            var answers: [RedisReply] = []
            func add(_ number: Int) {
                client.function(Self.add, keys: ["list"], arguments: [RedisArgument(number)]) { result in
                    answers.append((try? result.get()) ?? .null)
                }
            }
            for number in 0..<200 { add(number) }
            // Answered after all those were refused, and before the load is: what is called now must not overtake.
            client.call(["PING"]) { _ in add(200) }
            #expect(await eventually(on: loop) { answers.count == 201 })
            #expect(answers == (1...201).map { .integer($0) })
            let list = try await client.call("LRANGE", "list", 0, -1)
            #expect(list.array?.map(\.int) == (0...200).map { Int64($0) })
            let stats = try await client.call("INFO", "commandstats")
            #expect(stats.text?.contains("cmdstat_function|load:calls=1,") == true)
        }
    }

    @Test func tellsWhatIsWrongWithALibrary() async throws {
        let broken = FunctionLibrary(name: "broken", source: "#!lua name=broken\nthis is no Lua")
        try await withClient(libraries: [broken]) { _, client, _ in
            let broken = RedisFunction(name: "f", library: broken)
            let error = await failure { try await client.function(broken, keys: [], arguments: []) }
            #expect(error?.code == "ERR" && error?.isFunctionNotFound == false)
            let pong = try await client.call("PING")
            #expect(pong == .status("PONG"))
        }
    }

    @Test func givesUpOnAFunctionThatItsLibraryLacks() async throws {
        try await withClient { _, client, _ in
            let absent = RedisFunction(name: "absent", library: Self.library)
            #expect(
                await failure { try await client.function(absent, keys: [], arguments: []) }
                    == RedisError.server("ERR Function not found"))
        }
    }
}
