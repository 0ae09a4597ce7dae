import Schema
import Testing

@Suite struct CodeTests {
    @Test("Exactly these may be tried again")
    func retryable() {
        let words = Set(ErrorCode.allCases.filter(\.isRetryable).map(\.rawValue))
        #expect(
            words == [
                "bus_unavailable", "history_unavailable", "overloaded", "timeout", "internal_error",
                "slow_mode",
                "rate_limited", "service_unavailable",
            ])
    }

    @Test("Every code has a text and a status of its class", arguments: ErrorCode.allCases)
    func complete(code: ErrorCode) {
        #expect(code.text.hasSuffix("."))
        #expect((400...599).contains(code.httpStatus))
        #expect(!(500...599).contains(code.httpStatus) || code.isRetryable)
    }

    @Test(
        arguments: [
            ("bye", 1000), ("protocol_error", 1002), ("binary_not_supported", 1003), ("invalid_utf8", 1007),
            ("invalid_deflate", 1007), ("message_too_big", 1009), ("token_missing", 1008),
            ("token_invalid", 1008),
            ("token_expired", 1008),
            ("token_revoked", 1008), ("room_denied", 1008), ("origin_denied", 1008), ("banned", 1008),
            ("flood", 1008),
            ("too_many_connections", 1008), ("internal_error", 1011), ("draining", 1012),
            ("slow_consumer", 1013),
            ("overloaded", 1013),
        ] as [(String, UInt16)])
    func closeReasons(word: String, code: UInt16) throws {
        let reason = try #require(CloseReason(rawValue: word))
        #expect(reason.code == code)
        #expect(reason.word == word)
    }

    @Test func noOtherCloseReasons() {
        #expect(CloseReason.allCases.count == 19)
    }

    @Test("Only what belongs to a room's log takes a seq")
    func logged() {
        let words = Set(EventType.allCases.filter(\.isLogged).map(\.rawValue))
        #expect(
            words == [
                "new_message", "message_edited", "message_deleted", "reaction_added", "reaction_removed",
            ])
    }
}
