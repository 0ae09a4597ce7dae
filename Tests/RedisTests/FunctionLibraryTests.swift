import Testing

@testable import Redis

@Suite struct FunctionLibraryTests {
    private let library = FunctionLibrary(name: "room_v1", source: "#!lua name=room_v1")

    @Test func callsWithKeysAndArguments() {
        let function = RedisFunction(name: "f", library: library)
        #expect(function.call(keys: ["k"], arguments: ["a", 2]) == [["FCALL", "f", 1], ["k"], ["a", 2]])
        let reading = RedisFunction(name: "g", library: library, isReadOnly: true)
        #expect(reading.call(keys: [], arguments: []) == [["FCALL_RO", "g", 0], [], []])
    }

    @Test func isListedOnlyWithItsOwnSource() {
        #expect(library.isListed(in: listing(of: library.source)))
        #expect(!library.isListed(in: listing(of: "#!lua name=room_v1\n-- an earlier draft")))
        #expect(!library.isListed(in: .array([])))
    }

    @Test func loadsOnceForAllWhoWait() {
        var loads = FunctionLoads<String>()
        let other = FunctionLibrary(name: "other", source: "")
        #expect(loads.wait(for: library, number: 2, "second") == true)
        #expect(loads.isLoading(library) && !loads.isLoading(other))
        #expect(loads.wait(for: library, number: 3, "third") == false)
        #expect(loads.wait(for: library, number: 1, "first") == false)
        #expect(loads.wait(for: other, number: 4, "elsewhere") == true)
        #expect(loads.finish(library) == ["first", "second", "third"])
        #expect(!loads.isLoading(library) && loads.finish(library).isEmpty)
    }

    private func listing(of source: String) -> RedisReply {
        .array([
            .array([
                bulk("library_name"), bulk("room_v1"), bulk("engine"), bulk("LUA"),
                bulk("functions"), .array([]), bulk("library_code"), bulk(source),
            ])
        ])
    }

    private func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }
}
