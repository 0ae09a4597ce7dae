import Engine

/// Writes what happens as JSON, one object a line, for operators and their tools.
///
/// Cheap to copy; may be used from any thread.
public struct Log: Sendable {
    private let service: String
    private let level: LogLevel
    private let fields: [LogField]
    private let now: @Sendable () -> Int64
    private let write: @Sendable ([UInt8]) -> Void

    init(
        service: String, level: LogLevel, now: @escaping @Sendable () -> Int64 = WallClock.milliseconds,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.init(service: service, level: level, fields: [], now: now, write: write)
    }

    private init(
        service: String, level: LogLevel, fields: [LogField], now: @escaping @Sendable () -> Int64,
        write: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.service = service
        self.level = level
        self.fields = fields
        self.now = now
        self.write = write
    }

    /// A log that goes nowhere, for tests and tools.
    public static let silent = Log(service: "", level: .error) { _ in }

    /// The same log with fields that stand on each of its lines.
    public func with(_ fields: LogField...) -> Log {
        Log(service: service, level: level, fields: self.fields + fields, now: now, write: write)
    }

    /// Whether lines of a level are written; ask before making costly fields.
    public func isEnabled(_ level: LogLevel) -> Bool { level >= self.level }

    /// Writes a line for one who looks for a fault.
    public func debug(_ message: @autoclosure () -> String, _ fields: LogField...) {
        line(.debug, message, fields)
    }

    /// Writes a line that an operator likes to know.
    public func info(_ message: @autoclosure () -> String, _ fields: LogField...) {
        line(.info, message, fields)
    }

    /// Writes a line about something that went wrong and was dealt with.
    public func warn(_ message: @autoclosure () -> String, _ fields: LogField...) {
        line(.warn, message, fields)
    }

    /// Writes a line that somebody should look at.
    public func error(_ message: @autoclosure () -> String, _ fields: LogField...) {
        line(.error, message, fields)
    }

    private func line(_ level: LogLevel, _ message: () -> String, _ fields: [LogField]) {
        guard isEnabled(level) else { return }
        var line = LogLine(milliseconds: now(), level: level, service: service, message: message())
        for field in self.fields { line.append(field) }
        for field in fields { line.append(field) }
        write(line.finish())
    }
}
