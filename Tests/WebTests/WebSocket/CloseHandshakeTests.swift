import Testing
import Web

@Suite struct CloseHandshakeTests {
    private let denied = CloseInfo(code: .policyViolation, reason: "room_denied", side: .local)

    @Test func weClose() {
        var handshake = CloseHandshake()
        #expect(handshake.isOpen)
        #expect(
            handshake.close(.policyViolation, "room_denied") == [
                .send(CloseFrame(code: .policyViolation, reason: "room_denied")), .linger, .report(denied),
            ])
        #expect(!handshake.isOpen)
        #expect(handshake.lingered() == [.closeTransport])
        #expect(handshake.lost() == [])
    }

    @Test func thePeerCloses() {
        var handshake = CloseHandshake()
        let info = CloseInfo(code: CloseCode(4000), reason: "mine", side: .peer)
        #expect(
            handshake.received(CloseFrame(code: CloseCode(4000), reason: "mine")) == [
                .send(CloseFrame(code: CloseCode(4000))), .linger, .report(info),
            ])
    }

    @Test func thePeerClosesWithoutACode() {
        var handshake = CloseHandshake()
        let info = CloseInfo(code: .noStatus, reason: "", side: .peer)
        #expect(
            handshake.received(CloseFrame(code: nil)) == [
                .send(CloseFrame(code: nil)), .linger, .report(info),
            ])
    }

    @Test(arguments: [
        (WebError.protocolViolation("mask"), CloseCode.protocolError, "protocol_error"),
        (.invalidUTF8, .invalidPayload, "invalid_utf8"),
        (.messageTooBig(limit: 1), .messageTooBig, "message_too_big"),
        (.binaryNotSupported, .unsupportedData, "binary_not_supported"),
    ]) func thePeerBreaksARule(error: WebError, code: CloseCode, reason: String) {
        var handshake = CloseHandshake()
        let info = CloseInfo(code: code, reason: reason, side: .local, error: error)
        #expect(
            handshake.failed(error) == [
                .send(CloseFrame(code: code, reason: reason)), .linger, .report(info),
            ])
    }

    @Test func theConnectionIsLost() {
        var handshake = CloseHandshake()
        #expect(handshake.lost() == [.report(CloseInfo(code: .abnormal, reason: "", side: .lost))])
        #expect(handshake.lost() == [])
        #expect(handshake.close(.normal, "bye") == [])
    }

    @Test func onlyTheFirstEndCounts() {
        var handshake = CloseHandshake()
        _ = handshake.close(.normal, "bye")
        #expect(handshake.close(.internalError, "again") == [])
        #expect(handshake.received(CloseFrame(code: .normal)) == [])
        #expect(handshake.failed(.invalidUTF8) == [])
        #expect(handshake.lost() == [])
        #expect(handshake.lingered() == [])
    }
}
