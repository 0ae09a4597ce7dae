/// Arguments of the form `--name VALUE` or `--name=VALUE`, each read by a rule that was declared with its help.
struct Arguments {
    private struct Rule {
        let name: String
        let form: String
        let help: String
        let read: (String) -> Bool
    }

    private var rules: [Rule] = []

    /// Declares an option; `read` says whether it understands the value.
    ///
    /// Without a form it takes no value.
    mutating func option(
        _ name: String, _ form: String = "", _ help: String, _ read: @escaping (String) -> Bool
    ) {
        rules.append(Rule(name: name, form: form, help: help, read: read))
    }

    /// Declares a whole number within a range.
    mutating func int(
        _ name: String, _ range: ClosedRange<Int>, _ help: String, _ set: @escaping (Int) -> Void
    ) {
        option(name, "N", help) { text in
            guard let value = Int(text), range.contains(value) else { return false }
            set(value)
            return true
        }
    }

    /// Declares a number within a range.
    mutating func number(
        _ name: String, _ range: ClosedRange<Double>, _ help: String, _ set: @escaping (Double) -> Void
    ) {
        option(name, "X", help) { text in
            guard let value = Double(text), range.contains(value) else { return false }
            set(value)
            return true
        }
    }

    /// Declares a text.
    mutating func text(_ name: String, _ form: String, _ help: String, _ set: @escaping (String) -> Void) {
        option(name, form, help) { text in
            set(text)
            return !text.isEmpty
        }
    }

    /// Declares a switch.
    mutating func flag(_ name: String, _ help: String, _ set: @escaping () -> Void) {
        option(name, "", help) { _ in
            set()
            return true
        }
    }

    /// Reads all of `words`, or tells the first that is wrong.
    func read(_ words: [String]) throws(BenchError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let rule = rules.first(where: { "--\($0.name)" == parts.first }) else {
                throw .usage("unknown option: \(word)")
            }
            var value = parts.count > 1 ? parts[1] : ""
            if parts.count == 1, !rule.form.isEmpty {
                guard let next = rest.popFirst() else { throw .usage("--\(rule.name) needs a value") }
                value = next
            }
            guard rule.read(value) else { throw .usage("--\(rule.name) does not take \(value)") }
        }
    }

    /// One line for each option.
    var help: String {
        rules.map { rule in
            let form = "  --\(rule.name)\(rule.form.isEmpty ? "" : " \(rule.form)")"
            return form + String(repeating: " ", count: max(24 - form.count, 1)) + rule.help
        }.joined(separator: "\n")
    }
}
