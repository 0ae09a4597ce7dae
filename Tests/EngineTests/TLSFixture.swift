import Support

@testable import Engine

/// What most tests of TLS need: an authority, a certificate of it for localhost, and both sides' settings.
struct TLSFixture: Sendable {
    let authority: TestAuthority
    let certificate: TestAuthority.Certificate
    let server: TLSServer
    let client: TLSClient

    static let shared = Task { try await TLSFixture() }

    init() async throws {
        authority = try await TestAuthority()
        certificate = try await authority.issue("server", for: "DNS:localhost,IP:127.0.0.1")
        server = try TLSServer(certificate: certificate.certificate, key: certificate.key)
        client = try TLSClient(authorities: authority.file)
    }

    /// A listener by TLS whose connections are handed to `serve`.
    func listen(
        on loop: EventLoop, with server: TLSServer? = nil, _ serve: @escaping (Stream) -> Void
    ) throws -> Listener {
        try Listener(loop: loop, host: "127.0.0.1", port: 0, tls: server ?? self.server, onAccept: serve)
    }

    /// The same, and a stream connected to it.
    func connected(_ loop: EventLoop, _ serve: @escaping (Stream) -> Void) async throws -> Stream {
        let listener = try listen(on: loop, serve)
        defer { listener.close() }
        return try await Stream.connect(
            loop: loop, host: "localhost", port: listener.port, tls: client, timeoutMilliseconds: 30_000)
    }
}
