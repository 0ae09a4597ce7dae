internal import Engine
internal import Synchronization

/// The process's certificate: read when the first listener needs it, and again on SIGHUP.
final class TLSKeeper: Sendable {
    private let files: TLSFiles?
    private let log: Log
    private let metrics: Registry
    private let server = Mutex<TLSServer?>(nil)

    init(files: TLSFiles?, log: Log, metrics: Registry) {
        (self.files, self.log, self.metrics) = (files, log, metrics)
    }

    /// What listeners speak; nil where they speak in the clear.
    func listen() throws(StartFailure) -> TLSServer? {
        guard let files else { return nil }
        let (server, isNew) = try self.server.withLock { server throws(StartFailure) in
            if let server { return (server, false) }
            let fresh = try TLSKeeper.load(files)
            server = fresh
            return (fresh, true)
        }
        if isNew {
            count(server)
            tell(server)
        }
        return server
    }

    /// Reads the files again; what is wrong with them is logged, and the old certificate stays.
    func reload() {
        guard let server = server.withLock({ $0 }) else { return }
        do throws(EngineError) {
            try server.reload()
            tell(server)
        } catch {
            log.error(
                "certificate not read again", .error(error),
                ["next": "The old one stays. Mend TLS_CERT and TLS_KEY, and send SIGHUP again."])
        }
    }

    private static func load(_ files: TLSFiles) throws(StartFailure) -> TLSServer {
        do throws(EngineError) {
            return try TLSServer(certificate: files.certificate, key: files.key)
        } catch {
            throw StartFailure(
                "\(error)", advice: "Set TLS_CERT and TLS_KEY to PEM files that belong together.")
        }
    }

    private func tell(_ server: TLSServer) {
        let validity = server.validity
        let end = Timestamp.text(validity.end &* 1_000)
        let now = WallClock.milliseconds() / 1_000
        log.info("certificate read", ["ends": .string(end)])
        if validity.end < now {
            log.warn(
                "the certificate has expired",
                ["ends": .string(end), "next": "Renew TLS_CERT and TLS_KEY, and send SIGHUP."])
        }
        if validity.begin > now { log.warn("the certificate is not good yet") }
    }

    private func count(_ server: TLSServer) {
        metrics.gauge(
            "parley_tls_certificate_expires_seconds",
            help: "When the certificate in use ends, seconds since 1970.",
            read: { Double(server.validity.end) })
        let help = "TLS handshakes of connections that came in, by result."
        metrics.counter("parley_tls_handshakes_total", help: help, labels: ["result": "done"]) {
            Double(server.establishedCount)
        }
        metrics.counter("parley_tls_handshakes_total", help: help, labels: ["result": "failed"]) {
            Double(server.failedCount)
        }
    }
}
