import Testing
import Web

@Suite struct HandshakeTests {
    private let headers: Headers = [
        "Host": "h", "Upgrade": "WebSocket", "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private func handshake(_ method: Method = .get, _ change: (inout Headers) -> Void = { _ in }) throws
        -> Handshake
    {
        var headers = headers
        change(&headers)
        return try Handshake(try #require(Request(method, "/ws", headers: headers)))
    }

    private func refusal(_ method: Method = .get, _ change: (inout Headers) -> Void) -> Problem? {
        #expect(throws: Problem.self) { try handshake(method, change) }
    }

    @Test func answersTheKeyOfTheRFC() throws {
        let response = try handshake().response(subprotocol: "chat.v1")
        #expect(response.status == .switchingProtocols)
        #expect(response.headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(response.headers["Sec-WebSocket-Protocol"] == "chat.v1")
        #expect(try handshake().response().headers["Sec-WebSocket-Protocol"] == nil)
    }

    @Test(arguments: ["8", "12", "14", "", "13, 13", "x"]) func asksForVersion13(version: String) {
        let problem = refusal { $0["Sec-WebSocket-Version"] = version }
        #expect(problem?.status == .upgradeRequired)
        #expect(problem?.headers["Sec-WebSocket-Version"] == "13")
    }

    @Test(arguments: [
        "", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ==x", "dGhlIHNhbXBsZSBub25jZTEyMzQ=",
        "!!!!!!!!!!!!!!!!!!!!!!==",
    ]) func refusesKeys(key: String) {
        #expect(refusal { $0["Sec-WebSocket-Key"] = key }?.status == .badRequest)
    }

    @Test func refusesTwoKeys() {
        #expect(refusal { $0.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==") }?.status == .badRequest)
    }

    @Test func wantsAnUpgrade() {
        #expect(refusal(.post) { _ in }?.status == .upgradeRequired)
        #expect(refusal { $0["Upgrade"] = "h2c" }?.headers["Upgrade"] == "websocket")
        #expect(refusal { $0["Connection"] = "keep-alive" }?.status == .upgradeRequired)
    }

    @Test func readsTheOffers() throws {
        let offered = try handshake { headers in
            headers["Sec-WebSocket-Protocol"] = "chat.v1, bearer.a-b_c.d"
            headers["Sec-WebSocket-Extensions"] = "permessage-deflate; client_max_window_bits, x"
        }
        #expect(offered.subprotocols == ["chat.v1", "bearer.a-b_c.d"])
        #expect(
            offered.extensions == [
                ExtensionOffer("permessage-deflate", [.init("client_max_window_bits")]), ExtensionOffer("x"),
            ])
        #expect(try offered.selecting("chat.v1") == "chat.v1")
        #expect(throws: Problem.self) { try offered.selecting("chat.v2") }
        #expect(try handshake().selecting("chat.v1") == nil)
    }

    @Test func saysWhatIsCompressed() throws {
        let offered = try handshake { $0["Sec-WebSocket-Extensions"] = "permessage-deflate" }
        let agreement = CompressionAgreement(answering: offered.extensions)
        #expect(
            offered.response(compression: agreement).headers["Sec-WebSocket-Extensions"]
                == "permessage-deflate; server_no_context_takeover; client_no_context_takeover")
        #expect(offered.response().headers["Sec-WebSocket-Extensions"] == nil)
    }

    @Test func refusesExtensionsThatBreakTheGrammar() {
        #expect(refusal { $0["Sec-WebSocket-Extensions"] = "a;" }?.status == .badRequest)
    }

    @Test(arguments: ["a, a", "a b", "a@b", "\"a\""]) func refusesSubprotocols(list: String) {
        #expect(refusal { $0["Sec-WebSocket-Protocol"] = list }?.status == .badRequest)
    }
}
