import Engine

/// Opens one connection: resolve names off the loop, then libpq's handshake step by step.
///
/// Ends by calling `done` exactly once, unless cancelled before.
final class ConnectionOpener {
    /// Why there is no connection, for the operator's log.
    struct Failure: Error { let reason: String }

    private let loop: EventLoop
    private let parameters: StartupParameters
    private var done: ((Result<PostgresConnection, Failure>) -> Void)?
    private var libpq: Libpq?
    private var watch: Watch?
    private var timer: Timer?

    init(
        loop: EventLoop, parameters: StartupParameters,
        done: @escaping (Result<PostgresConnection, Failure>) -> Void
    ) {
        self.loop = loop
        self.parameters = parameters
        self.done = done
    }

    deinit { watch?.cancel() }

    func start() {
        timer = loop.schedule(afterMilliseconds: parameters.settings.connectTimeout) { [weak self] in
            self?.fail("timed out")
        }
        loop.spawn {
            let places = await self.resolve()
            self.connect(to: places)
        }
    }

    func cancel() { end() }

    /// An address given in the URL, or a folder with a socket, needs no look-up: then there are no places.
    private func resolve() async -> [StartupParameters.Place]? {
        let url = parameters.url
        guard url.settings["hostaddr"] == nil, !url.hosts.isEmpty else { return [] }
        var addresses: [String: [String]] = [:]
        for host in Set(url.hosts) {
            guard !host.isEmpty, !host.hasPrefix("/"), !host.hasPrefix("@") else {
                addresses[host] = [""]
                continue
            }
            addresses[host] = try? await SocketAddress.resolve(host: host, port: 0).map(\.host)
        }
        let places = parameters.places { addresses[$0] ?? [] }
        return places.isEmpty ? nil : places
    }

    private func connect(to places: [StartupParameters.Place]?) {
        guard done != nil else { return }
        guard let places else {
            return fail("no address for \(parameters.url.hosts.joined(separator: ", "))")
        }
        libpq = Libpq(connecting: parameters.keywords(places: places))
        guard let libpq, !libpq.isBroken else { return fail(libpq?.failureText ?? "out of memory") }
        // libpq's rule: after the start, behave as if the poll had asked for writing.
        wait(for: .writable)
    }

    /// Watches anew each time: the socket may be another one, even under the same number.
    private func wait(for interest: Interest) {
        guard let socket = libpq?.socket else { return fail("no socket") }
        watch = try? loop.watch(socket, interest) { [weak self] _ in self?.step() }
        if watch == nil { fail("socket cannot be watched") }
    }

    private func step() {
        // Before the poll, which may close the socket.
        watch?.cancel()
        guard let libpq else { return }
        switch libpq.pollOpening() {
        case .awaitReadable: wait(for: .readable)
        case .awaitWritable: wait(for: .writable)
        case .failed: fail(libpq.failureText)
        case .ready: finish(libpq)
        }
    }

    private func finish(_ libpq: Libpq) {
        let connection = PostgresConnection(loop: loop, libpq: libpq, settings: parameters.settings)
        guard libpq.enterPipeline(), connection.start() else { return fail("no pipeline mode") }
        end()?(.success(connection))
    }

    private func fail(_ reason: String) {
        end()?(.failure(Failure(reason: reason)))
    }

    /// Lets go of everything and hands out the callback, the first time.
    @discardableResult
    private func end() -> ((Result<PostgresConnection, Failure>) -> Void)? {
        timer?.cancel()
        watch?.cancel()
        libpq = nil
        defer { done = nil }
        return done
    }
}
