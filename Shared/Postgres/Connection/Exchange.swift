/// The replies owed for one request: some statements sent together and closed by one Sync.
///
/// libpq reports a result for each preparation and each execution, in the order sent, and then the
/// Sync. After the first failure the server skips what is left (`aborted`) and rolls it back.
struct Exchange {
    enum Step: Equatable { case prepare(sql: String), execute(sql: String) }
    enum Reply { case done(affected: Int), rows(PostgresRows), failed(ServerFailure), aborted, sync }
    enum Action: Equatable {
        case wait
        /// The preparation did not happen or is out of date: take it out of the cache.
        case forget(sql: String)
        /// All replies are in: `outcome` holds the answer.
        case finish
        /// Replies and requests do not match: nothing on this connection can be trusted.
        case breakOff
    }

    private var steps: ArraySlice<Step>
    private var results: [PostgresRows] = []
    private var failure: ServerFailure?

    init(steps: [Step]) { self.steps = steps[...] }

    var outcome: Result<[PostgresRows], PostgresError> {
        if let failure { return .failure(.server(failure)) }
        return .success(results)
    }

    mutating func received(_ reply: Reply) -> Action {
        if case .sync = reply { return steps.isEmpty ? .finish : .breakOff }
        guard let step = steps.popFirst() else { return .breakOff }
        switch (step, reply) {
        case (.prepare, .done): return .wait
        case (.execute, .rows(let rows)):
            results.append(rows)
            return .wait
        case (.execute, .done(let affected)):
            results.append(PostgresRows(columns: [], table: CellTable(columnCount: 0), affected: affected))
            return .wait
        case (_, .failed(let failure)):
            self.failure = self.failure ?? failure
            return forgetting(step, because: failure)
        case (_, .aborted) where failure == nil: return .breakOff
        case (.prepare(let sql), .aborted): return .forget(sql: sql)
        case (.execute, .aborted): return .wait
        default: return .breakOff
        }
    }

    private func forgetting(_ step: Step, because failure: ServerFailure) -> Action {
        switch step {
        case .prepare(let sql): .forget(sql: sql)
        case .execute(let sql): failure.isStalePlan ? .forget(sql: sql) : .wait
        }
    }
}
