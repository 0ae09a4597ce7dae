import Engine

/// Does what `PoolState` decides: opens connections, lends them, replaces the dead.
final class ConnectionPool {
    typealias Number = PoolState.ConnectionNumber

    private struct Waiter {
        let timer: Timer
        let serve: (Result<Number, PostgresError>) -> Void
    }

    /// Told why a connection could not be opened.
    var onFailure: ((String) -> Void)?
    /// Told when a connection has been opened.
    var onOpened: (() -> Void)?

    private let loop: EventLoop
    private let parameters: StartupParameters
    private var state: PoolState
    private let backoff = Backoff()
    private var openers: [Number: ConnectionOpener] = [:]
    private var connections: [Number: PostgresConnection] = [:]
    private var waiters: [PoolState.Ticket: Waiter] = [:]
    private var retry: Timer?
    private var isClosed = false
    private var whenDrained: (() -> Void)?

    init(loop: EventLoop, parameters: StartupParameters, size: Int) {
        self.loop = loop
        self.parameters = parameters
        state = PoolState(size: size, mostWaiters: parameters.settings.mostWaiters)
    }

    var statistics: PostgresPoolStatistics {
        PostgresPoolStatistics(idle: state.idleCount, busy: state.busyCount, waiting: state.waiterCount)
    }

    func start() { openMissing() }

    // MARK: Lending

    /// A connection for the caller alone, until `giveBack`.
    func borrow() async throws(PostgresError) -> Lease {
        // The number travels through the continuation, because connections are not Sendable.
        let result: Result<Number, PostgresError> = await withCheckedContinuation { continuation in
            admit { continuation.resume(returning: $0) }
        }
        let number = try result.get()
        guard let connection = connections[number] else { throw .disconnected }
        return Lease(number: number, connection: connection)
    }

    /// A borrowed connection.
    struct Lease {
        fileprivate let number: Number
        let connection: PostgresConnection
    }

    /// Ends a lease.
    ///
    /// A connection that is not in order, or in the middle of a transaction, is closed.
    func giveBack(_ lease: Lease) {
        guard lease.connection.transactionStatus == .idle, !isClosed else { return lease.connection.close() }
        if let ticket = state.released(lease.number) { serve(ticket, with: lease.number) }
    }

    private func admit(_ serve: @escaping (Result<Number, PostgresError>) -> Void) {
        guard !isClosed else { return serve(.failure(.closed)) }
        switch state.acquire() {
        case .lease(let number): serve(.success(number))
        case .refuse: serve(.failure(.overloaded))
        case .wait(let ticket):
            let timer = loop.schedule(afterMilliseconds: parameters.settings.acquireTimeout) { [weak self] in
                self?.expire(ticket)
            }
            waiters[ticket] = Waiter(timer: timer, serve: serve)
        }
    }

    private func serve(_ ticket: PoolState.Ticket, with number: Number) {
        guard let waiter = waiters.removeValue(forKey: ticket) else { return }
        waiter.timer.cancel()
        waiter.serve(.success(number))
    }

    private func expire(_ ticket: PoolState.Ticket) {
        guard state.abandoned(ticket), let waiter = waiters.removeValue(forKey: ticket) else { return }
        waiter.serve(.failure(state.isAlive ? .overloaded : .unavailable))
    }

    // MARK: Opening

    private func openMissing() {
        guard retry == nil else { return }
        for number in state.openings() {
            let opener = ConnectionOpener(loop: loop, parameters: parameters) { [weak self] result in
                self?.opened(number, result)
            }
            openers[number] = opener
            opener.start()
        }
    }

    private func opened(_ number: Number, _ result: Result<PostgresConnection, ConnectionOpener.Failure>) {
        openers[number] = nil
        switch result {
        case .success(let connection): adopt(connection, as: number)
        case .failure(let failure):
            state.failedToOpen(number)
            onFailure?(failure.reason)
            retryLater()
        }
    }

    private func adopt(_ connection: PostgresConnection, as number: Number) {
        connections[number] = connection
        connection.onClose = { [weak self] in self?.lost(number) }
        onOpened?()
        if let ticket = state.opened(number) { serve(ticket, with: number) }
        openMissing()
    }

    private func lost(_ number: Number) {
        connections[number] = nil
        state.lost(number)
        if isClosed {
            if connections.isEmpty { drained() }
        } else {
            // At the turn's end: a shutdown breaks all connections at once, and one scout is enough.
            loop.atTurnEnd { [weak self] in self?.openMissing() }
        }
    }

    /// One attempt at a time: failures of the same moment share it.
    private func retryLater() {
        guard retry == nil, !isClosed else { return }
        let delay = backoff.delay(failures: state.failures) { Int.random(in: $0) }
        retry = loop.schedule(afterMilliseconds: delay) { [weak self] in
            self?.retry = nil
            self?.openMissing()
        }
    }

    // MARK: Closing

    /// Sends the waiters home, lets work under way end within the bound, and closes everything.
    func close() async {
        guard !isClosed else { return }
        isClosed = true
        retry?.cancel()
        let (tickets, unused) = state.drain()
        for ticket in tickets {
            waiters[ticket]?.timer.cancel()
            waiters.removeValue(forKey: ticket)?.serve(.failure(.closed))
        }
        for number in unused {
            openers.removeValue(forKey: number)?.cancel()
            connections[number]?.close()
        }
        guard !connections.isEmpty else { return }
        await withCheckedContinuation { continuation in
            whenDrained = { continuation.resume() }
            loop.schedule(afterMilliseconds: parameters.settings.closeTimeout) { [weak self] in
                self?.connections.values.forEach { $0.close() }
            }
        }
    }

    private func drained() {
        whenDrained?()
        whenDrained = nil
    }
}

/// How a pool stands, for metrics.
public struct PostgresPoolStatistics: Sendable, Equatable {
    /// Connections nobody uses.
    public let idle: Int
    /// Connections in use.
    public let busy: Int
    /// Callers that wait for one.
    public let waiting: Int
}
