import COpenSSL
import Glibc
import Support
import Testing

@testable import Engine

/// One side of TLS without a stream: what a call takes in at most.
struct TLSSessionTests {
    @Test func aReadTakesInOneRecordWhateverKindItIs() async throws {
        let fixture = try await TLSFixture.shared.value
        var ends: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        defer { ends.forEach { close($0) } }
        let server = try fixture.server.makeSession(over: ends[0])
        let peer = try #require(Peer(over: ends[1]))
        _ = (0..<10).first { _ in
            peer.shakeHands()
            _ = server.handshake()
            return server.isEstablished
        }
        // Nobody sends so many new keys but to keep a loop busy (RFC 8446, 4.6.3).
        for _ in 0..<100 { #expect(peer.renewKeys()) }
        #expect(peer.write(7))
        var reads = 0
        var byte: UInt8 = 0
        repeat {
            reads += 1
            guard case .again = withUnsafeMutableBytes(of: &byte, server.read) else { break }
        } while reads < 1_000
        #expect(byte == 7)
        #expect(reads == 101)
    }
}

/// A client that can do what none of ours does.
private final class Peer {
    private let context: OpaquePointer
    private let session: OpaquePointer

    init?(over descriptor: Int32) {
        guard let context = SSL_CTX_new(TLS_client_method()), let session = SSL_new(context) else {
            return nil
        }
        (self.context, self.session) = (context, session)
        SSL_set_fd(session, descriptor)
        SSL_set_connect_state(session)
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
    }

    func shakeHands() { SSL_do_handshake(session) }

    func renewKeys() -> Bool {
        SSL_key_update(session, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(session) == 1
    }

    func write(_ byte: UInt8) -> Bool {
        var byte = byte
        return SSL_write(session, &byte, 1) == 1
    }
}
