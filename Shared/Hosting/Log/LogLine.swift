/// One line of the log: a JSON object that begins with `time`, `level`, `service`, `msg` and is never longer than `limit`.
struct LogLine {
    /// PIPE_BUF: up to here a write to a pipe is one piece, whoever else writes to it.
    static let limit = 4096
    /// What one value may take, escaped.
    static let valueLimit = 2048

    private static let end = #","truncated":true}"# + "\n"
    private(set) var bytes: [UInt8] = []
    private var isTruncated = false

    init(milliseconds: Int64, level: LogLevel, service: String, message: String) {
        bytes.reserveCapacity(512)
        bytes.append(contentsOf: #"{"time":""#.utf8)
        Timestamp.append(milliseconds, to: &bytes)
        bytes.append(contentsOf: #"","level":""#.utf8)
        bytes.append(contentsOf: level.rawValue.utf8)
        bytes.append(contentsOf: #"","service":"#.utf8)
        JSONText.append(service, to: &bytes, limit: 64)
        bytes.append(contentsOf: #","msg":"#.utf8)
        JSONText.append(message, to: &bytes, limit: LogLine.valueLimit)
    }

    /// Adds a field, or marks the line as truncated where it does not fit.
    mutating func append(_ field: LogField) {
        for member in field.members { append(member) }
    }

    /// The finished line with its newline.
    consuming func finish() -> [UInt8] {
        bytes.append(contentsOf: isTruncated ? LogLine.end.utf8 : "}\n".utf8)
        return bytes
    }

    private mutating func append(_ member: LogField.Member) {
        let start = bytes.count
        bytes.append(UInt8(ascii: ","))
        JSONText.append(member.name, to: &bytes, limit: 64)
        bytes.append(UInt8(ascii: ":"))
        switch member.value {
        case .string(let text): JSONText.append(text, to: &bytes, limit: LogLine.valueLimit)
        case .int(let number): bytes.append(contentsOf: String(number).utf8)
        case .double(let number): bytes.append(contentsOf: JSONText.number(number).utf8)
        case .bool(let truth): bytes.append(contentsOf: (truth ? "true" : "false").utf8)
        }
        if bytes.count > LogLine.limit - LogLine.end.utf8.count {
            bytes.removeSubrange(start...)
            isTruncated = true
        }
    }
}
