/// One value of a log line.
public enum LogValue: Sendable, Equatable {
    /// A text; more than 2 KiB are cut.
    case string(String)
    /// A whole number.
    case int(Int)
    /// A number; infinity and NaN become `null`.
    case double(Double)
    /// A yes or no.
    case bool(Bool)
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    /// A text from a literal.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A whole number from a literal.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// A number from a literal.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A yes or no from a literal.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}

/// Named values of a log line: one of the known fields, or a dictionary literal of others.
///
/// Never a message's content, a token or a password.
public struct LogField: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    let members: [Member]

    struct Member: Sendable, Equatable {
        let name: String
        let value: LogValue
    }

    private init(_ members: [Member]) { self.members = members }

    /// Fields by name, in the order written.
    public init(dictionaryLiteral elements: (String, LogValue)...) {
        members = elements.map { Member(name: $0.0, value: $0.1) }
    }

    /// Fields by name, in order.
    static func fields(_ fields: [(String, LogValue)]) -> LogField {
        LogField(fields.map { Member(name: $0.0, value: $0.1) })
    }

    /// One field whose name is not among the known ones.
    public static func field(_ name: String, _ value: LogValue) -> LogField {
        LogField([Member(name: name, value: value)])
    }

    /// The connection that the line is about.
    public static func connection(_ id: String) -> LogField { field("connection", .string(id)) }
    /// The user's handle.
    public static func user(_ handle: String) -> LogField { field("user", .string(handle)) }
    /// The room's id.
    public static func room(_ id: String) -> LogField { field("room", .string(id)) }
    /// The trace id of W3C's `traceparent`.
    public static func trace(_ id: String) -> LogField { field("trace", .string(id)) }
    /// What went wrong; errors of this project hold no secrets.
    public static func error(_ error: any Error) -> LogField {
        field("error", .string(String(describing: error)))
    }
}
