/// An error report of the server, reduced to what cannot hold a caller's data.
///
/// DETAIL, CONTEXT and HINT are never kept: they quote rows and parameters. The primary message is kept
/// only for the classes whose messages name schema objects; those of class 22 quote the value itself
/// (`invalid input syntax for type uuid: "…"`).
public struct ServerFailure: Sendable, Equatable, CustomStringConvertible {
    /// The five-letter code, see the appendix "PostgreSQL Error Codes" of its manual.
    public let sqlState: String
    /// The violated constraint, for class 23.
    public let constraint: String?
    /// The primary message, or an empty text if it might quote a value.
    public let message: String

    init(sqlState: String, constraint: String? = nil, message: String = "") {
        self.sqlState = sqlState
        self.constraint = constraint
        self.message = Self.classesWithoutValues.contains(String(sqlState.prefix(2))) ? message : ""
    }

    private static let classesWithoutValues: Set<String> = [
        "08", "0A", "23", "25", "26", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58",
    ]

    /// Code, constraint and message in one line.
    public var description: String {
        var line = "server error \(sqlState)"
        if let constraint { line += " (\(constraint))" }
        if !message.isEmpty { line += ": \(message)" }
        return line
    }

    var isTransient: Bool {
        isOutage || sqlState.hasPrefix("40") || sqlState == "55P03" || sqlState == "57014" || isStalePlan
    }

    /// Connection trouble, lack of resources, shutdown, or a standby that cannot write.
    var isOutage: Bool {
        switch sqlState {
        case "57014": false  // query_canceled, also by statement_timeout: says something of the query
        case "25006": true  // read_only_sql_transaction: we were led to a standby
        default: ["08", "53", "57", "58"].contains(String(sqlState.prefix(2)))
        }
    }

    /// The prepared statement is out of date: a table changed under it, or a pooler in between forgot it.
    ///
    /// Found before anything was executed, so the statement may be prepared anew and sent again.
    var isStalePlan: Bool {
        sqlState == "26000" || (sqlState == "0A000" && message.hasPrefix("cached plan must not change"))
    }
}
