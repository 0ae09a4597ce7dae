internal import CPostgres

/// The border to libpq: one connection in non-blocking pipeline mode, in Swift's words.
///
/// Owns the C connection and frees it. Nothing here waits; who uses it watches `socket`.
final class Libpq {
    private let connection: OpaquePointer

    /// Begins to connect; nil without memory.
    init?(connecting keywords: [String: String]) {
        let names = withCStrings(keywords.map(\.key)) { names in
            withCStrings(keywords.map(\.value)) { values in PQconnectStartParams(names, values, 0) }
        }
        guard let connection = names else { return nil }
        self.connection = connection
        // Without this, notices of the server go to standard error.
        PQsetNoticeProcessor(connection, { _, _ in }, nil)
    }

    deinit { PQfinish(connection) }

    // MARK: Opening

    enum OpeningStep { case awaitReadable, awaitWritable, ready, failed }

    /// The next step of connecting.
    ///
    /// The socket may be another one after it.
    func pollOpening() -> OpeningStep {
        switch PQconnectPoll(connection) {
        case PGRES_POLLING_READING: .awaitReadable
        case PGRES_POLLING_WRITING: .awaitWritable
        case PGRES_POLLING_OK: .ready
        default: .failed
        }
    }

    /// Makes an open connection non-blocking and pipelined.
    func enterPipeline() -> Bool {
        PQsetnonblocking(connection, 1) == 0 && PQenterPipelineMode(connection) == 1
    }

    /// The descriptor to watch.
    var socket: Int32? {
        let descriptor = PQsocket(connection)
        return descriptor >= 0 ? descriptor : nil
    }

    var isBroken: Bool { PQstatus(connection) == CONNECTION_BAD }

    /// Why opening failed, in libpq's words: names host and user, never the password.
    var failureText: String {
        let lines = String(cString: PQerrorMessage(connection)).split(separator: "\n")
        return lines.joined(separator: "; ")
    }

    /// Whether the session is outside of any transaction, or inside of a failed one.
    enum TransactionStatus { case idle, open, failed, unknown }

    var transactionStatus: TransactionStatus {
        switch PQtransactionStatus(connection) {
        case PQTRANS_IDLE: .idle
        case PQTRANS_INTRANS: .open
        case PQTRANS_INERROR: .failed
        default: .unknown
        }
    }

    // MARK: Sending

    func sendPrepare(_ name: String, _ sql: String) -> Bool {
        PQsendPrepare(connection, name, sql, 0, nil) == 1
    }

    func sendExecute(prepared name: String, _ parameters: [PostgresValue.Encoded]) -> Bool {
        withCParameters(parameters) { values, lengths, formats in
            PQsendQueryPrepared(
                connection, name, Int32(parameters.count), values, lengths, formats, 0) == 1
        }
    }

    func sendExecute(_ sql: String, _ parameters: [PostgresValue.Encoded]) -> Bool {
        withCParameters(parameters) { values, lengths, formats in
            PQsendQueryParams(
                connection, sql, Int32(parameters.count), nil, values, lengths, formats, 0) == 1
        }
    }

    func sendSync() -> Bool { PQpipelineSync(connection) == 1 }

    enum Flushing { case done, pending, broken }

    func flush() -> Flushing {
        switch PQflush(connection) {
        case 0: .done
        case 1: .pending
        default: .broken
        }
    }

    // MARK: Receiving

    enum Received {
        case reply(Exchange.Reply)
        /// The end of one command's results; says nothing else in pipeline mode.
        case separator
        /// The server ends the session.
        case fatal
        /// A result that we do not speak: COPY.
        case foreign
    }

    /// Takes in what has arrived; false if the connection broke.
    func consumeInput() -> Bool { PQconsumeInput(connection) == 1 }

    /// Whether the next result is not complete yet.
    var isBusy: Bool { PQisBusy(connection) == 1 }

    /// The next result.
    ///
    /// To be called only while something is owed and `isBusy` is false.
    func receive() -> Received {
        guard let result = PQgetResult(connection) else { return .separator }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK: return .reply(.rows(rows(of: result)))
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .reply(.done(affected: affected(by: result)))
        case PGRES_PIPELINE_SYNC: return .reply(.sync)
        case PGRES_PIPELINE_ABORTED: return .reply(.aborted)
        case PGRES_FATAL_ERROR: return failure(of: result)
        default: return .foreign
        }
    }
}

/// Despite its name PGRES_FATAL_ERROR is any error; the severity tells whether the session ends.
private func failure(of result: OpaquePointer) -> Libpq.Received {
    guard let sqlState = field(result, "C") else { return .fatal }
    if let severity = field(result, "V"), severity != "ERROR" { return .fatal }
    let failure = ServerFailure(
        sqlState: sqlState, constraint: field(result, "n"), message: field(result, "M") ?? "")
    return .reply(.failed(failure))
}

/// The codes are those of the wire (manual, "Error and Notice Message Fields"); libpq's names are macros.
private func field(_ result: OpaquePointer, _ code: Unicode.Scalar) -> String? {
    PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
}

private func affected(by result: OpaquePointer) -> Int {
    PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
}

private func rows(of result: OpaquePointer) -> PostgresRows {
    let columns = (0..<PQnfields(result)).map { column in
        PQfname(result, column).map { String(cString: $0) } ?? ""
    }
    var table = CellTable(columnCount: columns.count)
    for row in 0..<PQntuples(result) {
        for column in 0..<PQnfields(result) {
            guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
                table.append(nil)
                continue
            }
            let bytes = UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result, row, column)))
            table.append(bytes)
        }
    }
    return PostgresRows(columns: columns, table: table, affected: affected(by: result))
}

/// Lends texts as an array of C strings that ends in a null, as libpq's keyword lists want it.
private func withCStrings<R>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
    withCParameters(texts.map(PostgresValue.Encoded.text)) { values, _, _ in body(values) }
}

/// Lends parameters as libpq takes them: values, that end in a null and are null for NULL; lengths, which count for binary
/// ones; formats.
///
/// Libpq copies them into what it sends, so the arrays of a batch, megabytes, are lent from where they are.
private func withCParameters<R>(
    _ parameters: [PostgresValue.Encoded],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> R
) -> R {
    let lengths = parameters.map { Int32(clamping: $0.count) }
    let formats: [Int32] = parameters.map { $0.isBinary ? 1 : 0 }
    return withPointers(to: parameters[...], after: []) { values in
        lengths.withUnsafeBufferPointer { lengths in
            formats.withUnsafeBufferPointer { formats in
                body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
            }
        }
    }
}

/// Lends pointers to the rest of some parameters, behind those to the first ones, and a null.
private func withPointers<R>(
    to rest: ArraySlice<PostgresValue.Encoded>, after first: [UnsafePointer<CChar>?],
    _ body: (UnsafeBufferPointer<UnsafePointer<CChar>?>) -> R
) -> R {
    guard let next = rest.first else { return (first + [nil]).withUnsafeBufferPointer(body) }
    let others = rest.dropFirst()
    switch next {
    case .null: return withPointers(to: others, after: first + [nil], body)
    case .text(let text):
        return text.withCString { withPointers(to: others, after: first + [$0], body) }
    case .binary(let array):
        return array.withUnsafeBytes { bytes in
            let value = bytes.assumingMemoryBound(to: CChar.self).baseAddress
            return withPointers(to: others, after: first + [value], body)
        }
    }
}

extension PostgresValue.Encoded {
    fileprivate var isBinary: Bool {
        if case .binary = self { return true }
        return false
    }

    fileprivate var count: Int {
        switch self {
        case .null: 0
        case .text(let text): text.utf8.count
        case .binary(let bytes): bytes.count
        }
    }
}
