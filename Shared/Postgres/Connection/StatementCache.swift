/// Which statements a connection has prepared, by their text.
///
/// The first `limit` texts get names and keep them; what comes after goes unprepared. Services have a
/// fixed set of statements, so the bound only matters when somebody builds SQL at run time, and then it
/// protects the server's memory without evictions that could fail inside a broken transaction.
struct StatementCache {
    enum Plan: Equatable { case prepareAs(String), use(String), unnamed }

    private let limit: Int
    private var names: [String: String] = [:]
    private var namesGiven = 0

    init(limit: Int) { self.limit = limit }

    /// How to run this text.
    ///
    /// `prepareAs` counts on the preparation, until `forget` says otherwise.
    mutating func plan(for sql: String) -> Plan {
        if let name = names[sql] { return .use(name) }
        guard names.count < limit else { return .unnamed }
        namesGiven += 1
        let name = "s\(namesGiven)"
        names[sql] = name
        return .prepareAs(name)
    }

    /// The server does not have it, or its plan is out of date.
    ///
    /// The name is not given again.
    mutating func forget(_ sql: String) { names[sql] = nil }
}
