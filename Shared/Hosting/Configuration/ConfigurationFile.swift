/// A file of `KEY=VALUE` lines; blank lines and lines that begin with `#` say nothing.
struct ConfigurationFile: Equatable {
    private(set) var values: [String: String] = [:]
    private(set) var problems: [String] = []

    /// Reads a file's text; a line that is none, or a key that is not known, is a problem with its line number.
    init(parsing text: String, path: String, known: Set<String>) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() {
            let line = line.trimmingBlanks
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = "\(path), line \(index + 1)"
            guard let equals = line.firstIndex(of: "=") else {
                problems.append("\(place): expected KEY=VALUE")
                continue
            }
            let key = String(line[..<equals].trimmingBlanks)
            guard known.contains(key) else {
                problems.append("\(place): unknown setting \(Quoted(key))")
                continue
            }
            let value = ConfigurationFile.unquoted(line[line.index(after: equals)...].trimmingBlanks)
            values[key] = value.isEmpty ? nil : value
        }
    }

    /// Writes one line that reads back to the same value.
    static func line(_ key: String, _ value: String) -> String {
        let needsQuotes = value != value[...].trimmingBlanks || value.hasPrefix("\"") || value.hasPrefix("'")
        return needsQuotes ? "\(key)=\"\(value)\"" : "\(key)=\(value)"
    }

    private static func unquoted(_ value: Substring) -> String {
        guard let first = value.first, first == "\"" || first == "'", value.count > 1, value.last == first
        else {
            return String(value)
        }
        return String(value.dropFirst().dropLast())
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        let head = drop { $0.isWhitespace }
        guard let last = head.lastIndex(where: { !$0.isWhitespace }) else { return head[head.endIndex...] }
        return head[...last]
    }
}
