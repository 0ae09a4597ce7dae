import Support
import Testing

@testable import Engine

/// The two files of a server: what is wrong with them is said, and they can be read again.
struct TLSServerTests {
    private func problem(_ certificate: String, _ key: String) -> String {
        do throws(EngineError) {
            _ = try TLSServer(certificate: certificate, key: key)
            return "taken"
        } catch {
            return error.description
        }
    }

    @Test func whatIsWrongIsNamed() async throws {
        let fixture = try await TLSFixture.shared.value
        let authority = fixture.authority
        let (certificate, key) = (fixture.certificate.certificate, fixture.certificate.key)
        let other = try await authority.issue("other", for: "DNS:other")
        let locked = "\(authority.folder)/locked.key"
        _ = try await Command.run([
            "openssl", "ec", "-in", key, "-aes128", "-passout", "pass:word", "-out", locked,
        ])
        #expect(problem(certificate, key) == "taken")
        #expect(problem("/no/such.pem", key) == "TLS: /no/such.pem: No such file or directory")
        #expect(problem(certificate, "/no/such.key") == "TLS: /no/such.key: No such file or directory")
        #expect(problem(authority.folder, key) == "TLS: \(authority.folder): is a folder")
        #expect(problem(key, key).hasPrefix("TLS: \(key): no PEM certificate"))
        #expect(problem(certificate, certificate).hasPrefix("TLS: \(certificate): no PEM private key"))
        #expect(problem(certificate, locked).hasPrefix("TLS: \(locked): no PEM private key"))
        #expect(
            problem(certificate, other.key)
                == "TLS: the key in \(other.key) is not that of the certificate in \(certificate)")
    }

    @Test func anAuthorityFileMustHoldOne() async throws {
        let key = try await TLSFixture.shared.value.certificate.key
        let error = #expect(throws: EngineError.self) { try TLSClient(authorities: key) }
        #expect(error?.description.hasPrefix("TLS: \(key): no PEM certificate") == true)
        #expect(throws: EngineError.self) { try TLSClient(authorities: "/no/such.pem") }
    }

    @Test func whatIsReadAgainServesNewConnectionsOnly() async throws {
        let authority = try await TestAuthority()
        let (one, two) = (
            try await authority.issue("one", for: "DNS:one"),
            try await authority.issue("two", for: "DNS:localhost", days: 9)
        )
        let server = try TLSServer(certificate: one.certificate, key: one.key)
        let before = server.validity
        let client = try TLSClient(authorities: authority.file)
        let unverified = try TLSClient.unverified()
        @Sendable func copy(_ from: String, _ to: String) async throws {
            _ = try await Command.run(["cp", from, to])
        }
        let (old, new, echoed) = try await onLoop { loop in
            let listener = try Listener(loop: loop, host: "127.0.0.1", port: 0, tls: server) { served in
                served.onReceive = { served.send(Array($0)) }
            }
            defer { listener.close() }
            func connect(_ client: TLSClient) async throws(EngineError) -> Stream {
                try await Stream.connect(
                    loop: loop, host: "localhost", port: listener.port, tls: client,
                    timeoutMilliseconds: 30_000)
            }
            let stream = try await connect(unverified)
            let old = try? await connect(client)
            try await copy(two.certificate, one.certificate)
            // Half of the change is none: all stays as it was.
            #expect(throws: EngineError.self) { try server.reload() }
            #expect(server.validity == before)
            try await copy(two.key, one.key)
            try server.reload()
            let new = try? await connect(client)
            var echoed = 0
            stream.onReceive = { echoed += $0.count }
            stream.send([1, 2, 3])
            _ = await eventually(on: loop) { echoed == 3 }
            stream.close()
            new?.close()
            return (old == nil, new != nil, echoed)
        }
        #expect(old && new)
        #expect(echoed == 3)
        #expect(server.validity.end - before.end > 6 * 86_400)
        #expect(server.establishedCount == 2)
        #expect(server.failedCount == 1)
    }

    @Test(arguments: [
        ([2, 104, 50, 8, 104, 116, 116, 112, 47, 49, 46, 49] as [UInt8], 4..<12), ([2, 104, 50], nil),
        ([9, 104], nil), ([], nil), ([0, 0, 8, 104], nil),
    ])
    func aProtocolIsFoundInAnOffer(offer: [UInt8], place: Range<Int>?) {
        let found = offer.withUnsafeBufferPointer { ALPN.find(ALPN.http1, in: $0) }
        #expect(found == place)
    }
}
