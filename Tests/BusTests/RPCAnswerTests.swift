import Schema
import Testing

@testable import Bus

struct RPCAnswerTests {
    @Test(arguments: [#"{"b":1,"a":[2,{}]}"#, "[]", #""}""#, "null"]) func whatWasWrittenArrivesAsItIs(
        json: String
    ) {
        let read = RPCAnswer(id: "7f", .success(Array(json.utf8))).bytes(atMost: 1_000).withUnsafeBytes {
            RPCAnswer($0)
        }
        #expect(read?.id == "7f")
        #expect(read?.result == .success(Array(json.utf8)))
    }

    @Test func aRefusalKeepsItsCode() {
        let read = RPCAnswer(id: "1", .failure(.roomDenied)).bytes(atMost: 1_000).withUnsafeBytes {
            RPCAnswer($0)
        }
        #expect(read?.result == .failure(.roomDenied))
    }

    @Test func anAnswerThatIsTooLargeBecomesAnError() {
        let bytes = RPCAnswer(id: "1", .success([UInt8](repeating: 32, count: 101))).bytes(atMost: 100)
        #expect(bytes.withUnsafeBytes { RPCAnswer($0) }?.result == .failure(.internalError))
    }

    @Test(arguments: ["", "{", #"{"id":"#, #"{"id":"1"}"#, #"{"id":"1","ok":"#]) func damageIsNoAnswer(
        text: String
    ) {
        let read = Array(text.utf8).withUnsafeBytes { RPCAnswer($0) }
        #expect(read == nil || read?.result == .failure(.internalError))
    }
}
