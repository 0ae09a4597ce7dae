import Engine
import Glibc
import Support
import Testing
import Web

@testable import Hosting

/// A service that speaks TLS itself: from its settings to its listener, its log and its metrics.
struct TLSKeeperTests {
    private struct Config: ServiceConfiguration {
        let hosting: HostingSettings
        init(from settings: inout Settings) { hosting = settings.hosting(port: 8080) }
    }

    private func problems(_ environment: [String: String]) -> [String] {
        switch ConfigurationLoader<Config>(arguments: [], environment: environment).load() {
        case .loaded: []
        case .refused(let problems): problems
        }
    }

    @Test func bothFilesOrNoneAndSuchAsBelongTogether() async throws {
        let authority = try await TestAuthority()
        let (one, two) = (
            try await authority.issue("one", for: "DNS:h"), try await authority.issue("two", for: "DNS:h")
        )
        #expect(problems(["TLS_CERT": one.certificate, "TLS_KEY": one.key]) == [])
        #expect(problems(["TLS_CERT": "", "TLS_KEY": ""]) == [])
        #expect(problems(["TLS_CERT": one.certificate]) == ["TLS_KEY: is needed with TLS_CERT"])
        #expect(problems(["TLS_KEY": one.key]) == ["TLS_CERT: is needed with TLS_KEY"])
        #expect(
            problems(["TLS_CERT": one.certificate, "TLS_KEY": two.key]) == [
                "TLS_CERT: cannot be used: TLS: the key in \(two.key) is not that of the certificate in "
                    + one.certificate
            ])
        #expect(
            problems(["TLS_CERT": one.certificate, "TLS_KEY": "/no/such.key"]) == [
                "TLS_CERT: cannot be used: TLS: /no/such.key: No such file or directory"
            ])
    }

    /// A service with this certificate, and what it has logged by the time `body` ends.
    private func withService(
        _ files: TestAuthority.Certificate,
        _ body: nonisolated(nonsending) @escaping @Sendable (HTTPService, LaunchContext) async throws -> Void
    ) async throws -> String {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw EngineError.closed }
        let (reading, writing) = (ends[0], ends[1])
        try await onLoop { loop in
            let tls = TLSFiles(certificate: files.certificate, key: files.key)
            let context = LaunchContext(
                service: "test", hosting: HostingSettings(port: 0, tls: tls),
                writer: LineWriter(descriptor: writing))
            let health = Health(loop: loop)
            var routes = Routes()
            OperationsEndpoint(health: health, metrics: context.metrics).add(to: &routes)
            let service = try HTTPService(loop: loop, context: context, routes: routes)
            try await body(service, context)
            await service.drain(withinMilliseconds: 1_000)
        }
        close(writing)
        defer { close(reading) }
        var log = [UInt8](repeating: 0, count: 65_536)
        let count = read(reading, &log, log.count)
        return String(decoding: log.prefix(max(count, 0)), as: UTF8.self)
    }

    @Test func theHealthCommandAsksByTLS() async throws {
        _ = try await withServiceAndAuthority { service, context, files in
            let hosting = HostingSettings(port: service.port, tls: files)
            let verdict = await HealthCommand(hosting: hosting).run()
            #expect(verdict == .init(line: "ready", code: 0))
            let plain = HealthCommand(hosting: HostingSettings(port: service.port))
            #expect(await plain.run().code == 1)
            let page = context.metrics.exposition()
            #expect(page.contains("parley_tls_certificate_expires_seconds "))
            #expect(page.contains(#"parley_tls_handshakes_total{result="done"} 1"#))
            #expect(page.contains(#"parley_tls_handshakes_total{result="failed"} 1"#))
        }
    }

    private func withServiceAndAuthority(
        days: Int = 2,
        _ body:
            nonisolated(nonsending) @escaping @Sendable (HTTPService, LaunchContext, TLSFiles)
            async throws -> Void
    ) async throws -> String {
        let authority = try await TestAuthority()
        let issued = try await authority.issue("server", for: "DNS:somewhere.example", days: days)
        let files = TLSFiles(certificate: issued.certificate, key: issued.key)
        return try await withService(issued) { service, context in
            try await body(service, context, files)
        }
    }

    @Test func aBadFileIsLoggedAndTheOldCertificateStays() async throws {
        let log = try await withServiceAndAuthority { service, context, files in
            _ = try await Command.run(["cp", "/dev/null", files.certificate])
            context.tls.reload()
            let hosting = HostingSettings(port: service.port, tls: files)
            let verdict = await HealthCommand(hosting: hosting).run()
            #expect(verdict == .init(line: "ready", code: 0))
        }
        #expect(log.contains("certificate read"))
        #expect(log.contains("certificate not read again"))
        #expect(log.contains("no PEM certificate"))
    }

    @Test func oneThatHasEndedIsWarnedOf() async throws {
        let log = try await withServiceAndAuthority(days: -1) { _, _, _ in }
        #expect(log.contains("the certificate has expired"))
        #expect(log.contains("Renew TLS_CERT"))
    }
}
