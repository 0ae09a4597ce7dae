import Support
import Testing

@testable import Engine

/// Whom we believe, what we speak, and what comes of those who do not shake hands.
struct TLSHandshakeTests {
    /// Connects to a server with such a certificate; the failure, or nil.
    private func failure(
        names: String, days: Int = 2, host: String = "localhost", believes file: String? = nil
    ) async throws -> EngineError? {
        let authority = try await TLSFixture.shared.value.authority
        let issued = try await authority.issue("server-\(Int.random(in: 0 ... .max))", for: names, days: days)
        let server = try TLSServer(certificate: issued.certificate, key: issued.key)
        let client = try TLSClient(authorities: file ?? authority.file)
        return try await onLoop { loop in
            let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0, tls: server) { _ in }
            defer { listener.close() }
            do throws(EngineError) {
                let stream = try await Stream.connect(
                    loop: loop, host: host, port: listener.port, tls: client, timeoutMilliseconds: 30_000)
                stream.close()
                return nil
            } catch {
                return error
            }
        }
    }

    @Test(arguments: [("DNS:localhost", "localhost"), ("IP:127.0.0.1", "127.0.0.1")])
    func aServerIsBelievedForItsName(names: String, host: String) async throws {
        let failure = try await failure(names: names, host: host)
        #expect(failure == nil)
    }

    @Test(arguments: [
        ("DNS:other.example", "localhost", "hostname mismatch"),
        ("DNS:localhost", "127.0.0.1", "IP address mismatch"),
        ("IP:127.0.0.2", "127.0.0.1", "IP address mismatch"),
    ])
    func aServerIsNotBelievedForAnothersName(names: String, host: String, reason: String) async throws {
        let failure = try await failure(names: names, host: host)
        #expect(failure == .tls("certificate verify failed: \(reason)"))
    }

    @Test func aServerOfAnotherAuthorityIsNotBelieved() async throws {
        let stranger = try await TestAuthority()
        let failure = try await failure(names: "DNS:localhost", believes: stranger.file)
        let text = failure?.description ?? "believed"
        #expect(text.hasPrefix("TLS: certificate verify failed: unable to get local issuer certificate"))
    }

    @Test func aCertificateThatHasEndedIsNotBelieved() async throws {
        let failure = try await failure(names: "DNS:localhost", days: -1)
        #expect(failure == .tls("certificate verify failed: certificate has expired"))
    }

    @Test(arguments: [
        ("-tls1_3 -alpn http/1.1", "ALPN protocol: http/1.1"), ("-tls1_3", "New, TLSv1.3"),
        ("-tls1_2 -alpn h2,http/1.1", "ALPN protocol: http/1.1"),
        ("-tls1_2", "Secure Renegotiation IS supported"), ("-tls1_2", "New, TLSv1.2"),
        ("-alpn h2", "no application protocol"), ("-tls1_1 -cipher ALL:@SECLEVEL=0", "protocol version"),
        ("-tls1_2 -cipher AES128-SHA256", "handshake failure"),
        ("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256", "handshake failure"),
    ])
    func speaksWhatIsGoodAndNothingElse(options: String, says: String) async throws {
        let output = try await dialogue(options.split(separator: " ").map { String($0) }, input: "Q\n")
        #expect(output.contains(says))
    }

    @Test func nobodyNegotiatesAnew() async throws {
        let output = try await dialogue(["-tls1_2"], input: "R\n")
        #expect(output.contains("no renegotiation"))
    }

    /// What openssl's own client says, connected to a server of ours.
    private func dialogue(_ options: [String], input: String) async throws -> String {
        let fixture = try await TLSFixture.shared.value
        return try await onLoop { loop in
            let listener = try fixture.listen(on: loop) { _ in }
            defer { listener.close() }
            let command = ["openssl", "s_client", "-connect", "127.0.0.1:\(listener.port)"] + options
            return try await Command.run(command, input: input).output
        }
    }

    @Test func plainWordsAreAnsweredByACleanClose() async throws {
        let fixture = try await TLSFixture.shared.value
        let (end, answer, served) = try await onLoop { loop in
            var (ends, served): ([EngineError?], [EngineError?]) = ([], [])
            var answer: [UInt8] = []
            let listener = try fixture.listen(on: loop) { stream in stream.onClose = { served.append($0) } }
            defer { listener.close() }
            let stream = try await Stream.connect(
                loop: loop, host: "127.0.0.1", port: listener.port, timeoutMilliseconds: 30_000)
            stream.onReceive = { answer += $0 }
            stream.onClose = { ends.append($0) }
            stream.send(Array("GET / HTTP/1.1\r\nHost: here\r\n\r\n".utf8))
            _ = await eventually(on: loop) { ends.count == 1 && served.count == 1 }
            return (ends.first, answer, served.first)
        }
        #expect(end == .some(nil))
        #expect(answer.isEmpty)
        #expect(served == .tls("http request"))
    }

    @Test func whoSaysNothingIsClosedInTime() async throws {
        let fixture = try await TLSFixture.shared.value
        let end = try await onLoop { loop in
            var ends: [EngineError?] = []
            let listener = try fixture.listen(on: loop) { stream in stream.onClose = { ends.append($0) } }
            defer { listener.close() }
            listener.handshakes.milliseconds = 20
            let stream = try await Stream.connect(
                loop: loop, host: "127.0.0.1", port: listener.port, timeoutMilliseconds: 30_000)
            _ = await eventually(on: loop) { !ends.isEmpty }
            stream.close()
            return ends.first
        }
        #expect(end == .timeout)
    }

    @Test func aServerThatSaysNothingIsGivenUpInTime() async throws {
        let fixture = try await TLSFixture.shared.value
        let error = try await onLoop { loop in
            let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0) { _ in }
            defer { listener.close() }
            do throws(EngineError) {
                _ = try await Stream.connect(
                    loop: loop, host: "127.0.0.1", port: listener.port, tls: fixture.client,
                    timeoutMilliseconds: 50)
                return EngineError?.none
            } catch {
                return error
            }
        }
        #expect(error == .timeout)
    }

    @Test func theOldestHandshakeMakesRoomForTheNewest() async throws {
        let fixture = try await TLSFixture.shared.value
        let (closed, count) = try await onLoop { loop in
            var closed: [Int] = []
            var accepted = 0
            let listener = try fixture.listen(on: loop) { stream in
                let number = accepted
                accepted += 1
                stream.onClose = { _ in closed.append(number) }
            }
            defer { listener.close() }
            listener.boundHandshakes(HandshakeLine(limit: 2), milliseconds: 60_000)
            var silent: [Stream] = []
            for number in 0..<4 {
                silent.append(
                    try await Stream.connect(
                        loop: loop, host: "127.0.0.1", port: listener.port, timeoutMilliseconds: 30_000))
                _ = await eventually(on: loop) { accepted == number + 1 }
            }
            _ = await eventually(on: loop) { closed.count == 2 }
            let count = listener.handshakes.count
            // One who shakes hands at once gets through all the same.
            let stream = try await Stream.connect(
                loop: loop, host: "localhost", port: listener.port, tls: fixture.client,
                timeoutMilliseconds: 30_000)
            stream.close()
            silent.forEach { $0.close() }
            return (closed, count)
        }
        #expect(closed.prefix(2) == [0, 1])
        #expect(count == 2)
    }

    @Test func thoseThatEndedAreNotLookedThrough() async throws {
        let (spans, given) = try await onLoop { loop in
            let line = HandshakeLine(limit: 2)
            let handshakes = Handshakes(loop: loop)
            let address = Addressee(handshakes, on: loop)
            for _ in 0..<1_000 { line.end(line.begin(address).number) }
            var spans = [line.span]
            let slow = line.begin(address).number
            for _ in 0..<10 { line.end(line.begin(address).number) }
            spans.append(line.span)
            let newest = line.begin(address)
            let overflow = line.begin(address)
            spans.append(line.span)
            // Told of too late: it has been passed already.
            line.end(slow)
            line.end(overflow.number)
            line.end(newest.number)
            spans.append(line.span)
            return (spans, [newest.givenUp != nil, overflow.givenUp != nil])
        }
        #expect(spans == [0, 11, 2, 0])
        #expect(given == [false, true])
    }

    @Test func listenersOfAProcessCountTogether() async throws {
        let fixture = try await TLSFixture.shared.value
        let counts = try await onLoop { loop in
            let line = HandshakeLine(limit: 2)
            var accepted = 0
            let listeners = try (0..<2).map { _ in
                let listener = try fixture.listen(on: loop) { _ in accepted += 1 }
                listener.boundHandshakes(line, milliseconds: 60_000)
                return listener
            }
            defer { for listener in listeners { listener.close() } }
            var silent: [Stream] = []
            for (number, listener) in [listeners[0], listeners[1], listeners[1]].enumerated() {
                silent.append(
                    try await Stream.connect(
                        loop: loop, host: "127.0.0.1", port: listener.port, timeoutMilliseconds: 30_000))
                _ = await eventually(on: loop) { accepted == number + 1 }
            }
            // The one of the first listener makes room for the second of the other.
            _ = await eventually(on: loop) { listeners[0].handshakes.count == 0 }
            let counts = listeners.map(\.handshakes.count) + [line.count]
            silent.forEach { $0.close() }
            _ = await eventually(on: loop) { line.count == 0 }
            return counts + [line.count]
        }
        #expect(counts == [0, 2, 2, 0])
    }

    @Test func aFewStepsAreMadeInATurn() async throws {
        let (first, next) = try await onLoop { loop in
            let handshakes = Handshakes(loop: loop)
            let first = (0..<20).filter { _ in handshakes.mayStep(inTurn: 1) }.count
            return (first, handshakes.mayStep(inTurn: 2))
        }
        #expect(first == Handshakes.stepsPerTurn)
        #expect(next)
    }
}
