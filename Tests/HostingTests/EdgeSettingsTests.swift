import Testing
import Web

@testable import Hosting

@Suite struct EdgeSettingsTests {
    private struct Sample: ServiceConfiguration {
        let hosting: HostingSettings
        init(from settings: inout Settings) { hosting = settings.hosting(port: 8080) }
    }

    private func load(_ environment: [String: String]) throws -> HostingSettings {
        let loaded = ConfigurationLoader<Sample>(arguments: [], environment: environment).load()
        guard case .loaded(let sample, _) = loaded else { throw NotLoaded() }
        return sample.hosting
    }

    private struct NotLoaded: Error {}

    @Test func theDefaultsAreTheLimitsOfTheProduct() throws {
        var expected = HTTPLimits()
        expected.bodyBytes = 65_536
        expected.connectionsPerAddress = 256
        expected.unfinishedPerAddress = 256
        #expect(try load([:]).http == expected)
        #expect(try load([:]).proxies == TrustedProxies())
    }

    @Test func eachSettingIsObeyed() throws {
        let http = try load([
            "MAX_HTTP_CONNECTIONS": "101", "MAX_CONNECTIONS_PER_IP": "102", "MAX_UNFINISHED": "103",
            "MAX_UNFINISHED_PER_IP": "104", "MAX_UNFINISHED_BYTES": "2MiB", "MAX_REQUEST_LINE_BYTES": "2KiB",
            "MAX_HEADER_BYTES": "3KiB", "MAX_BODY_BYTES": "4KiB", "HEADER_SECONDS": "5", "BODY_SECONDS": "6",
            "IDLE_SECONDS": "7", "MAX_HANDSHAKES": "108",
        ]).http
        var expected = HTTPLimits()
        (expected.connections, expected.connectionsPerAddress) = (101, 102)
        (expected.unfinished, expected.unfinishedPerAddress) = (103, 104)
        (expected.unfinishedBytes, expected.requestLineBytes) = (2_097_152, 2_048)
        expected.handshakes = 108
        (expected.headerBytes, expected.bodyBytes) = (3_072, 4_096)
        (expected.headerMilliseconds, expected.bodyMilliseconds, expected.idleMilliseconds) =
            (5_000, 6_000, 7_000)
        #expect(http == expected)
    }

    @Test func limitsOfAnAddressCanBeLifted() throws {
        let http = try load(["LIMITS": "off"]).http
        #expect((http.connectionsPerAddress, http.unfinishedPerAddress) == (0, 0))
        #expect(http.unfinished == 4_096)
    }

    @Test func originsAreNamed() throws {
        let origins = try load(["ALLOWED_ORIGINS": "https://app.example, http://localhost:3000"]).origins
        #expect(origins == OriginPolicy(["https://app.example", "http://localhost:3000"]))
        #expect(try load([:]).origins == OriginPolicy())
        #expect(throws: NotLoaded.self) { try load(["ALLOWED_ORIGINS": "https://app.example/path"]) }
        #expect(throws: NotLoaded.self) { try load(["ALLOWED_ORIGINS": "app.example"]) }
    }

    @Test func proxiesAreNamed() throws {
        let proxies = try load(["TRUSTED_PROXIES": "10.0.0.0/8,::1"]).proxies
        #expect(proxies.contains("10.1.2.3") && proxies.contains("::1") && !proxies.contains("192.0.2.1"))
        #expect(throws: NotLoaded.self) { try load(["TRUSTED_PROXIES": "nginx"]) }
    }
}
