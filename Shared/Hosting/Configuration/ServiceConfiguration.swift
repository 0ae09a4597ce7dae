import Engine
public import Web

/// The settings of one service: a struct whose initialiser declares and reads them in one go.
///
/// ```swift
/// struct HistoryConfig: ServiceConfiguration {
///     let hosting: HostingSettings
///     let retentionDays: Int
///     init(from settings: inout Settings) {
///         hosting = settings.hosting(port: 8082)
///         retentionDays = settings.int("RETENTION_DAYS", default: 0, in: 0...36_500, help: "0: for ever.")
///     }
/// }
/// ```
public protocol ServiceConfiguration: Sendable {
    /// What every service has: where it listens, how it logs, how long it may take to stop.
    var hosting: HostingSettings { get }

    /// Declares and reads every setting; must not do anything else.
    init(from settings: inout Settings)
}

/// The settings that every service has.
public struct HostingSettings: Sendable, Equatable {
    /// The address to listen on.
    public let host: String
    /// The port to listen on.
    public let port: Int
    /// The least level that is logged.
    public let logLevel: LogLevel
    /// How long `stop()` may take before the process ends anyway, in seconds.
    public private(set) var shutdownSeconds: Int
    /// The bounds on HTTP.
    public let http: HTTPLimits
    /// The proxies whose connections are those of many clients, and whose word on a client's address counts.
    public let proxies: TrustedProxies
    /// The files to speak TLS with; none for HTTP in the clear.
    public let tls: TLSFiles?
    /// Whose pages may connect, call and read the answers.
    public let origins: OriginPolicy

    /// Makes settings of known values, for tests.
    public init(
        host: String = "127.0.0.1", port: Int, logLevel: LogLevel = .info, shutdownSeconds: Int = 20,
        http: HTTPLimits = HTTPLimits(), proxies: TrustedProxies = TrustedProxies(), tls: TLSFiles? = nil,
        origins: OriginPolicy = OriginPolicy()
    ) {
        self.host = host
        self.port = port
        self.logLevel = logLevel
        self.shutdownSeconds = shutdownSeconds
        self.http = http
        self.proxies = proxies
        self.tls = tls
        self.origins = origins
    }

    /// The same, with another time to stop in.
    public func stopping(withinSeconds seconds: Int) -> HostingSettings {
        var settings = self
        settings.shutdownSeconds = seconds
        return settings
    }
}

extension Settings {
    /// Declares and reads what every service has; `port` is the service's own default.
    public mutating func hosting(port: Int) -> HostingSettings {
        HostingSettings(
            host: parsed(
                "HOST", default: "127.0.0.1", expects: "an IP address",
                help: "Address to listen on; 0.0.0.0 for all.",
                { SocketAddress(literal: $0, port: port) == nil ? nil : $0 }),
            port: int("PORT", default: port, in: 1...65_535, help: "TCP port to listen on."),
            logLevel: choice("LOG_LEVEL", default: LogLevel.info, help: "Least level that is logged."),
            shutdownSeconds: seconds(
                "SHUTDOWN_SECONDS", default: 20, in: 1...600,
                help: "How long an orderly shutdown may take before the process ends anyway."),
            http: http(), proxies: trustedProxies(), tls: tlsFiles(), origins: origins())
    }
}
