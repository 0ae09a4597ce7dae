import Engine
import Testing
import Web

@testable import Bench

struct PayloadTests {
    @Test func whatIsWrittenIsRead() {
        let payload = Payload(sender: 0xABCDE, number: 0x1234_5678, due: 0xFEDC_BA98_7654_3210)
        for size in [31, 128, 4_000] {
            let text = payload.text(size: size)
            #expect(text.count == size)
            #expect(text.withUnsafeBytes { Payload(reading: $0) } == payload)
        }
    }

    @Test(arguments: ["", "#", "hello", "#00000100000002000000000000000", "#0000010000000200000000000000x0 "])
    func whatIsNoneIsNotRead(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { Payload(reading: $0) } == nil)
    }
}

struct ServerFramesTests {
    private func read(_ text: String) -> ParleyEvent {
        var frames = ServerFrames()
        return Array(text.utf8).withUnsafeBytes { frames.read($0) }
    }

    @Test func aMessageOfTheBenchIsFoundWhereverItStands() {
        var frames = ServerFrames()
        for (number, seq) in [9, 10, 99, 100, 12_345].enumerated() {
            let payload = Payload(sender: 3, number: number, due: 77)
            let content = String(decoding: payload.text(size: 40), as: UTF8.self)
            let text =
                #"{"v":1,"epoch":"8h2k","seq":\#(seq),"mv":7,"type":"new_message","room":"r","#
                + #""data":{"content":"\#(content)","client_msg_id":"3-1"}}"#
            let event = Array(text.utf8).withUnsafeBytes { frames.read($0) }
            #expect(event == .message(payload, seq: seq, epoch: 0x3868_326B))
        }
    }

    @Test func otherEntriesTakeAPlaceToo() {
        let text = #"{"v":1,"epoch":"a","seq":5,"mv":7,"type":"new_message","data":{"content":"hello"}}"#
        #expect(read(text) == .entry(seq: 5, epoch: 0x61))
    }

    @Test func answersNameTheFrameThatTheyAnswer() {
        let sent = #"{"v":1,"type":"message_sent","reply_to_id":42,"room":"r","data":{"seq":9}}"#
        #expect(read(sent) == .accepted(id: 42))
        let error = #"{"v":1,"type":"message_error","reply_to_id":7,"data":{"code":"overloaded"}}"#
        #expect(read(error) == .refused(id: 7, why: "overloaded"))
        let limit = #"{"v":1,"type":"rate_limit_exceeded","reply_to_id":1,"data":{"scope":"user"}}"#
        #expect(read(limit) == .refused(id: 1, why: "rate_limit_exceeded"))
        let joined = #"{"v":1,"type":"joined","room":"r","data":{"epoch":"8h2k","seq":12,"online":3}}"#
        #expect(read(joined) == .joined(seq: 12, epoch: 0x3868_326B, isRecovered: nil))
        for isRecovered in [true, false] {
            let resumed = #"{"v":1,"type":"joined","data":{"epoch":"a","seq":1,"recovered":\#(isRecovered)}}"#
            #expect(read(resumed) == .joined(seq: 1, epoch: 0x61, isRecovered: isRecovered))
        }
        #expect(read(#"{"v":1,"type":"gap","room":"r","data":{}}"#) == .gap)
        #expect(read(#"{"v":1,"type":"user_joined","room":"r","user":"u"}"#) == .other("user_joined"))
    }

    @Test(arguments: ["", "{", "[]", #"{"v":1,"epoch":"a"#, #"{"v":1,"epoch":"a","seq":}"#, #"{"v":2}"#])
    func whatIsNoFrameIsUnreadable(_ text: String) {
        #expect(read(text) == .unreadable)
    }
}

struct FrameTests {
    @Test(arguments: [0, 5, 125, 126, 65_535, 65_536])
    func aMaskedFrameIsReadByTheServersDecoder(_ size: Int) throws {
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var limits = WebSocketLimits()
        limits.maxFrameBytes = 1 << 20
        var decoder = FrameDecoder(limits: limits)
        var bytes = MaskedFrame.text(payload, key: 0xA1B2_C3D4).withUnsafeBytes { Array($0) }
        let read = try bytes.withUnsafeMutableBytes { buffer in
            var rest = buffer
            return try decoder.next(&rest).map { Array($0.bytes) }
        }
        #expect(read == payload)
    }

    @Test(arguments: 1...40)
    func messagesAreReadHoweverTheyAreCut(_ step: Int) throws {
        let texts = ["a", "hello", String(repeating: "x", count: 200)]
        let wire = texts.flatMap { text in FrameEncoder.text(Array(text.utf8)).withUnsafeBytes { Array($0) } }
        var reader = FrameReader()
        var read: [String] = []
        for start in stride(from: 0, to: wire.count, by: step) {
            var piece = Array(wire[start..<min(start + step, wire.count)])
            try piece.withUnsafeMutableBytes { buffer in
                try reader.read(buffer) { _, bytes in read.append(String(decoding: bytes, as: UTF8.self)) }
            }
        }
        #expect(read == texts)
    }

    @Test func aFragmentIsRefused() {
        var bytes: [UInt8] = [0x01, 1, 0x61]
        #expect(throws: WebError.self) {
            var reader = FrameReader()
            try bytes.withUnsafeMutableBytes { buffer in try reader.read(buffer) { _, _ in } }
        }
    }
}

struct ClientHandshakeTests {
    private func take(_ pieces: [String]) -> ClientHandshake.Step {
        var handshake = ClientHandshake()
        var step = ClientHandshake.Step.more
        for piece in pieces { step = Array(piece.utf8).withUnsafeBytes { handshake.take($0) } }
        return step
    }

    private var answer: String {
        let head = ClientHandshake.request(host: "h", path: "/r")
        let request = head.withUnsafeBytes { _ in LimitRequest.read(head) }?.request
        return String(decoding: request?.answer ?? [], as: UTF8.self)
    }

    @Test func theLimitServersAnswerIsTaken() {
        #expect(take([answer]) == .done(used: answer.utf8.count))
    }

    @Test func whatFollowsTheHeadIsLeft() {
        let first = String(answer.prefix(30))
        let second = String(answer.dropFirst(30))
        #expect(take([first]) == .more)
        #expect(take([first, second + "abc"]) == .done(used: second.utf8.count))
    }

    @Test func anotherAnswerIsRefused() {
        #expect(
            take(["HTTP/1.1 503 Service Unavailable\r\n\r\n"]) == .refused("HTTP/1.1 503 Service Unavailable")
        )
        #expect(
            take(["HTTP/1.1 101 X\r\nSec-WebSocket-Accept: no\r\n\r\n"])
                == .refused("a wrong Sec-WebSocket-Accept"))
        #expect(take([String(repeating: "x", count: 20_000)]) == .refused("an answer without end"))
    }
}
