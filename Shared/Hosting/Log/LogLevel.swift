/// How much a line matters; a log writes those at or above its own level.
public enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// For one who looks for a fault.
    case debug
    /// What an operator likes to know.
    case info
    /// Something went wrong and was dealt with.
    case warn
    /// Something went wrong and somebody should look.
    case error

    /// Orders levels by how much they matter.
    public static func < (one: LogLevel, other: LogLevel) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warn: 2
        case .error: 3
        }
    }
}
