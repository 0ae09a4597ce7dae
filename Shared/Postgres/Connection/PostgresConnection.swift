import Engine
internal import Glibc

/// One statement with its parameters, `$1` being the first.
public typealias PostgresStatement = (sql: String, parameters: [PostgresValue])

/// An open connection on a loop.
///
/// Requests are answered in the order in which they were made.
///
/// Once closed, by either side, it stays closed: all that is owed fails, and `onClose` is called once.
final class PostgresConnection {
    typealias Completion = (Result<[PostgresRows], PostgresError>) -> Void

    private struct Request {
        var exchange: Exchange
        let timer: Timer
        let done: Completion
    }

    /// Called once, when the connection has become useless.
    var onClose: (() -> Void)?

    private let loop: EventLoop
    private let libpq: Libpq
    private let replyTimeout: Int
    private var cache: StatementCache
    private var requests: [Request] = []
    private var watch: Watch?
    private(set) var isClosed = false

    init(loop: EventLoop, libpq: Libpq, settings: PostgresSettings) {
        self.loop = loop
        self.libpq = libpq
        replyTimeout = settings.replyTimeout
        cache = StatementCache(limit: settings.mostPreparedStatements)
    }

    // The watch ends before `libpq` closes the descriptor.
    deinit { watch?.cancel() }

    /// Begins to listen; false if the descriptor cannot be watched.
    func start() -> Bool {
        guard let socket = libpq.socket else { return false }
        watch = try? loop.watch(socket, .readable) { [weak self] in self?.ready($0) }
        return watch != nil
    }

    var transactionStatus: Libpq.TransactionStatus { isClosed ? .unknown : libpq.transactionStatus }

    /// Sends statements in one round trip.
    ///
    /// Outside of a transaction they are one: all happen, or none.
    ///
    /// `once` leaves them unprepared: schema changes.
    func run(
        _ statements: [PostgresStatement], once: Bool = false, timeout: Int? = nil
    ) async throws(PostgresError) -> [PostgresRows] {
        let result = await withCheckedContinuation { continuation in
            run(statements, once: once, timeout: timeout) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    func close() { close(because: .closed) }

    // MARK: Sending

    private func run(
        _ statements: [PostgresStatement], once: Bool, timeout: Int?, _ done: @escaping Completion
    ) {
        guard !isClosed else { return done(.failure(.disconnected)) }
        let encoded: [EncodedStatement]
        do throws(PostgresError) {
            encoded = try EncodedStatement.encode(statements)
        } catch { return done(.failure(error)) }
        guard !encoded.isEmpty else { return done(.success([])) }

        let timer = loop.schedule(afterMilliseconds: timeout ?? replyTimeout) { [weak self] in
            self?.close(because: .timeout)
        }
        var steps: [Exchange.Step] = []
        let isSent = encoded.allSatisfy { send($0, once: once, &steps) } && libpq.sendSync()
        requests.append(Request(exchange: Exchange(steps: steps), timer: timer, done: done))
        guard isSent else { return close(because: .disconnected) }
        flush()
    }

    private func send(_ statement: EncodedStatement, once: Bool, _ steps: inout [Exchange.Step]) -> Bool {
        let sql = statement.sql
        defer { steps.append(.execute(sql: sql)) }
        switch once ? .unnamed : cache.plan(for: sql) {
        case .unnamed:
            return libpq.sendExecute(sql, statement.parameters)
        case .use(let name):
            return libpq.sendExecute(prepared: name, statement.parameters)
        case .prepareAs(let name):
            steps.append(.prepare(sql: sql))
            return libpq.sendPrepare(name, sql) && libpq.sendExecute(prepared: name, statement.parameters)
        }
    }

    private func flush() {
        switch libpq.flush() {
        case .done: watch?.update(.readable)
        case .pending: watch?.update([.readable, .writable])
        case .broken: close(because: .disconnected)
        }
    }

    // MARK: Receiving

    private func ready(_ readiness: Readiness) {
        if readiness.contains(.readable), !libpq.consumeInput() {
            // What arrived before the end, such as the reason of a shutdown, is of no use to callers.
            return close(because: .disconnected)
        }
        flush()
        readReplies()
    }

    /// Asks libpq only while something is owed: in pipeline mode an early PQgetResult loses results.
    private func readReplies() {
        var separators = 0
        while !isClosed, !requests.isEmpty, !libpq.isBusy {
            switch libpq.receive() {
            case .reply(let reply):
                separators = 0
                perform(requests[0].exchange.received(reply))
            case .separator:
                separators += 1
                guard !libpq.isBroken else { return close(because: .disconnected) }
                // One stands between two commands; more in a row mean that nothing is there to be read.
                if separators > 2 { return }
            case .fatal: close(because: .disconnected)
            case .foreign: close(because: .protocolViolation)
            }
        }
    }

    private func perform(_ action: Exchange.Action) {
        switch action {
        case .wait: break
        case .forget(let sql): cache.forget(sql)
        case .finish: finishFirst()
        case .breakOff: close(because: .protocolViolation)
        }
    }

    private func finishFirst() {
        let request = requests.removeFirst()
        request.timer.cancel()
        request.done(request.exchange.outcome)
    }

    // MARK: The end

    /// The oldest request learns the reason; those behind it never had their turn.
    private func close(because reason: PostgresError) {
        guard !isClosed else { return }
        isClosed = true
        // libpq may have closed a broken socket already; then the kernel has dropped it from the poll set.
        watch?.cancel()
        let owed = requests
        requests = []
        for (index, request) in owed.enumerated() {
            request.timer.cancel()
            request.done(.failure(index == 0 ? reason : .disconnected))
        }
        let closed = onClose
        onClose = nil
        closed?()
    }
}

/// A statement in the form libpq takes, checked: nothing is sent of a request that cannot be sent whole.
private struct EncodedStatement {
    let sql: String
    let parameters: [PostgresValue.Encoded]

    static func encode(_ statements: [PostgresStatement]) throws(PostgresError) -> [EncodedStatement] {
        var encoded: [EncodedStatement] = []
        for (sql, values) in statements { encoded.append(try EncodedStatement(sql, values)) }
        return encoded
    }

    private init(_ sql: String, _ values: [PostgresValue]) throws(PostgresError) {
        guard !Self.hasNUL(sql), values.count <= 65_535 else { throw .statement }
        var parameters: [PostgresValue.Encoded] = []
        for (index, value) in values.enumerated() {
            let parameter = value.encoded
            // As a C string it would end at the NUL, silently shortened; PostgreSQL's text has none anyway.
            if case .text(let text) = parameter, Self.hasNUL(text) { throw .parameter(number: index + 1) }
            parameters.append(parameter)
        }
        self.sql = sql
        self.parameters = parameters
    }

    private static func hasNUL(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return false }
            return memchr(start, 0, bytes.count) != nil
        }
    }
}
