import Engine
import Foundation
import Support
import Testing

@testable import Redis

/// Redis by `rediss://`: a real server with a certificate, an ACL user, and no door in the clear.
struct RedisTLSTests {
    /// A server with a certificate for `names`; the address of its user bob, believing `authority`.
    private func withServer<T: Sendable>(
        names: String = "DNS:localhost",
        _ body: nonisolated(nonsending) @escaping @Sendable (RedisAddress, EventLoop) async throws -> T
    ) async throws -> T {
        try await withServer(by: TestAuthority(), names: names, body)
    }

    /// The same, of an authority that the test knows.
    private func withServer<T: Sendable>(
        by authority: TestAuthority, names: String = "DNS:localhost",
        _ body: nonisolated(nonsending) @escaping @Sendable (RedisAddress, EventLoop) async throws -> T
    ) async throws -> T {
        let certificate = try await authority.issue("redis", for: names)
        let port = try RedisServer.freePort()
        return try await onLoop { loop in
            let server = try RedisServer(options: [
                "--tls-port", "\(port)", "--tls-cert-file", certificate.certificate, "--tls-auth-clients",
                "no",
                "--tls-key-file", certificate.key, "--tls-ca-cert-file", authority.file,
                "--user", "bob", "on", ">hush", "~*", "&*", "+@all",
            ])
            let admin = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "admin")
            admin.start()
            defer { admin.close() }
            try #require(await eventually(on: loop) { admin.isConnected })
            // From here on there is no way in but by TLS.
            _ = try await admin.call("CONFIG", "SET", "port", "0")
            let url = "rediss://bob:hush@localhost:\(port)"
            let address = try RedisAddress(url: url).believing(TLSClient(authorities: authority.file))
            return try await body(address, loop)
        }
    }

    @Test func everyKindOfConnectionUsesIt() async throws {
        let (name, message, entries) = try await withServer { address, loop in
            let client = RedisClient(loop: loop, address: address, name: "commands")
            let subscriber = Subscriber(loop: loop, address: address, name: "channels")
            let reader = StreamReader(loop: loop, address: address, name: "stream")
            defer {
                client.close()
                subscriber.close()
                reader.close()
            }
            var (message, isReady, entries) = ("", false, 0)
            subscriber.subscribe("news") {
                message = String(decoding: $0, as: UTF8.self)
            } onReady: {
                isReady = true
            }
            reader.onEntries = { _, new in entries += new.count }
            reader.read("log", after: "0-0")
            client.start()
            subscriber.start()
            reader.start()
            try #require(await eventually(on: loop) { client.isConnected && isReady && reader.isConnected })
            let large = String(repeating: "x", count: 300_000)
            _ = try await client.call("SPUBLISH", "news", .text(large))
            _ = try await client.call("XADD", "log", "*", "k", .text(large))
            _ = await eventually(on: loop) { message.count == large.count && entries == 1 }
            return (try await client.call("ACL", "WHOAMI").text, message.count, entries)
        }
        #expect(name == "bob")
        #expect(message == 300_000)
        #expect(entries == 1)
    }

    /// Why a client of this address has no connection.
    private func refusal(_ address: RedisAddress, on loop: EventLoop) async -> String {
        let client = RedisClient(loop: loop, address: address, name: "client")
        defer { client.close() }
        var reasons: [String] = []
        client.onConnectionFailure = { reasons.append($0) }
        client.start()
        _ = await eventually(on: loop) { !reasons.isEmpty || client.isConnected }
        return reasons.first ?? "connected"
    }

    @Test func aStrangerIsRefusedWithAReason() async throws {
        let reasons = try await withServer { address, loop in
            let strangers = try TLSClient(authorities: await TestAuthority().file)
            let plain = RedisAddress(host: "localhost", port: address.port)
            let guess = RedisAddress(
                host: "localhost", port: address.port, user: "bob", password: "guess", tls: address.tls)
            let reasons = [
                await refusal(address, on: loop), await refusal(address.believing(strangers), on: loop),
                await refusal(guess, on: loop), await refusal(plain, on: loop),
            ]
            return reasons
        }
        #expect(reasons[0] == "connected")
        // Redis shows its authority too, whom nobody here knows.
        #expect(reasons[1] == "TLS: certificate verify failed: self-signed certificate in certificate chain")
        #expect(reasons[2].hasPrefix("Redis answered: WRONGPASS"))
        #expect(reasons[3] != "connected")
    }

    @Test func whomToBelieveIsReadAgain() async throws {
        let (old, new) = (try await TestAuthority(), try await TestAuthority())
        let believed = "\(old.folder)/believed.pem"
        @Sendable func write(_ text: String) throws {
            try text.write(toFile: believed, atomically: true, encoding: .utf8)
        }
        @Sendable func certificate(of authority: TestAuthority) throws -> String {
            try String(contentsOfFile: authority.file, encoding: .utf8)
        }
        try write(certificate(of: old))
        let trust = try TLSClient(authorities: believed)
        let (reasons, complaint) = try await withServer(by: new) { address, loop in
            let address = address.believing(trust)
            var reasons = [await refusal(address, on: loop)]
            // Both for the time of a change, as operators do it.
            try write(certificate(of: old) + certificate(of: new))
            try trust.reload()
            reasons.append(await refusal(address, on: loop))
            try write("nonsense")
            var complaint = ""
            do throws(EngineError) { try trust.reload() } catch { complaint = "\(error)" }
            reasons.append(await refusal(address, on: loop))
            return (reasons, complaint)
        }
        #expect(reasons[0].hasPrefix("TLS: certificate verify failed"))
        #expect(reasons[1...] == ["connected", "connected"])
        #expect(complaint.contains("no PEM certificate"))
    }

    @Test func aCertificateForAnotherNameIsRefused() async throws {
        let reason: String = try await withServer(names: "DNS:other.example") { address, loop in
            return await refusal(address, on: loop)
        }
        #expect(reason == "TLS: certificate verify failed: hostname mismatch")
    }

    @Test func anAddressIsANameToo() async throws {
        let reasons = try await withServer(names: "IP:127.0.0.1") { address, loop in
            let numeric = RedisAddress(
                host: "127.0.0.1", port: address.port, user: "bob", password: "hush", tls: address.tls)
            return [await refusal(numeric, on: loop), await refusal(address, on: loop)]
        }
        #expect(reasons == ["connected", "TLS: certificate verify failed: hostname mismatch"])
    }

    @Test func aReasonIsToldOnce() async throws {
        let count = try await onLoop { loop in
            let client = RedisClient(loop: loop, address: RedisAddress(host: "127.0.0.1", port: 1), name: "x")
            defer { client.close() }
            var reasons: [String] = []
            client.onConnectionFailure = { reasons.append($0) }
            client.start()
            _ = await eventually(on: loop) { !reasons.isEmpty }
            // Some tries later: the first follow each other fast.
            await loop.sleep(milliseconds: 600)
            return reasons.count
        }
        #expect(count == 1)
    }
}
