/// Reads and declares a service's settings at once: each call names one setting, says what it is, and returns its value.
///
/// Every setting must be declared on every path of the initialiser that uses this reader, whatever the values are, since the same
/// calls make `--help`. A bad value is noted as a problem and the default returned; all problems are reported together.
public struct Settings {
    private let sources: Sources
    private(set) var declared: [Setting] = []
    private(set) var problems: [String] = []
    private var shown: [String: String] = [:]

    init(sources: Sources = Sources()) {
        self.sources = sources
    }

    /// A text as it stands.
    public mutating func string(_ name: String, default text: String, help: String) -> String {
        read(name, .plain, text, "text", help) { text throws(SettingRejection) in text } ?? text
    }

    /// A text that may be absent.
    public mutating func optionalString(_ name: String, help: String) -> String? {
        read(name, .plain, nil, "text", help) { text throws(SettingRejection) in text }
    }

    /// A secret, by `NAME` or `NAME_FILE`; its value is never printed.
    ///
    /// An empty one counts as absent.
    public mutating func secret(
        _ name: String, minimumBytes: Int = 0, help: String
    ) -> Secret? {
        let values = minimumBytes > 0 ? "secret, \(minimumBytes) bytes or more" : "secret"
        return read(name, .secret, nil, values, help) { text throws(SettingRejection) in
            if text.utf8.count < minimumBytes {
                throw SettingRejection("has \(text.utf8.count) bytes, needs \(minimumBytes) or more")
            }
            return text.isEmpty ? nil : Secret(text)
        } ?? nil
    }

    /// A whole number within a range.
    public mutating func int(
        _ name: String, default value: Int, in range: ClosedRange<Int>, unit: String? = nil, help: String
    ) -> Int {
        let values = Settings.describe(range, unit)
        return read(name, .plain, String(value), values, help) { text throws(SettingRejection) in
            guard let number = Int(text), range.contains(number) else {
                throw SettingRejection(
                    "is not a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        } ?? value
    }

    /// A number of seconds.
    public mutating func seconds(
        _ name: String, default value: Int, in range: ClosedRange<Int> = 1...31_536_000, help: String
    ) -> Int {
        int(name, default: value, in: range, unit: "seconds", help: help)
    }

    /// A number of milliseconds.
    public mutating func milliseconds(
        _ name: String, default value: Int, in range: ClosedRange<Int> = 1...86_400_000, help: String
    ) -> Int {
        int(name, default: value, in: range, unit: "milliseconds", help: help)
    }

    /// A number of bytes; `KiB`, `MiB` and `GiB` may follow it.
    public mutating func bytes(
        _ name: String, default value: Int, in range: ClosedRange<Int>, help: String
    ) -> Int {
        let values = Settings.describe(range, "bytes") + ", or with KiB, MiB, GiB"
        return read(name, .plain, String(value), values, help) { text throws(SettingRejection) in
            guard let number = ByteCount.parse(text), range.contains(number) else {
                throw SettingRejection(
                    "is not a number of bytes from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        } ?? value
    }

    /// A switch: `on`, `true`, `yes`, `1` or their opposites; the flag alone means on.
    public mutating func bool(_ name: String, default value: Bool, help: String) -> Bool {
        read(name, .flag, Switch.text(value), Switch.help, help) { text throws(SettingRejection) in
            guard let parsed = Switch.parse(text) else { throw SettingRejection("is neither on nor off") }
            return parsed
        } ?? value
    }

    /// One word of a fixed set: the raw values of an enum.
    public mutating func choice<Choice>(_ name: String, default value: Choice, help: String) -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return read(name, .plain, value.rawValue, words, help) { text throws(SettingRejection) in
            guard let choice = Choice(rawValue: text) else { throw SettingRejection("is none of: \(words)") }
            return choice
        } ?? value
    }

    /// Texts with commas between them; blanks around them and empty ones are dropped.
    public mutating func list(_ name: String, default values: [String] = [], help: String) -> [String] {
        let text = values.joined(separator: ",")
        return read(name, .plain, text, "list with commas", help) { text throws(SettingRejection) in
            text.split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
        } ?? values
    }

    /// A value with a syntax of its own; `expects` completes the sentence "X is not …".
    ///
    /// Of a URL the password is masked in print, and it may also stand in the file that `NAME_FILE` names.
    ///
    /// The default must be one that `parse` takes.
    public mutating func parsed<Value>(
        _ name: String, default text: String, isURL: Bool = false, expects: String, help: String,
        _ parse: (String) -> Value?
    ) -> Value {
        let value = read(name, isURL ? .url : .plain, text, expects, help) { text throws(SettingRejection) in
            guard let value = parse(text) else { throw SettingRejection("is not \(expects)") }
            return value
        }
        if let value { return value }
        guard let fallback = parse(text) else {
            preconditionFailure("the default of \(name) is not \(expects)")
        }
        return fallback
    }

    /// Notes a problem that shows only where several settings are seen together; of a setting that is
    /// wrong already, nothing more is told.
    public mutating func reject(_ name: String, because reason: String) {
        guard !problems.contains(where: { $0.hasPrefix("\(name):") }) else { return }
        note("\(name): \(reason)")
    }

    /// What is in force, one `KEY=VALUE` per setting in the order of declaration, with secrets masked.
    var printed: [(name: String, value: String)] {
        declared.map { ($0.name, shown[$0.name] ?? "") }
    }
}

extension Settings {
    /// The one way in: declares the setting, finds its text, parses it, or notes why not.
    private mutating func read<Value>(
        _ name: String, _ kind: Setting.Kind, _ defaultText: String?, _ values: String, _ help: String,
        _ parse: (String) throws(SettingRejection) -> Value
    ) -> Value? {
        let setting = Setting(name: name, kind: kind, defaultText: defaultText, values: values, help: help)
        if !declared.contains(where: { $0.name == name }) { declared.append(setting) }
        shown[name] = defaultText.map(Mask.url)
        do throws(SettingRejection) {
            guard let found = try sources.find(setting) else { return nil }
            shown[name] = Settings.show(found.text, kind)
            do throws(SettingRejection) {
                return try parse(found.text)
            } catch {
                let offender = kind == .secret ? "" : " \(Quoted(Mask.refused(found.text)))"
                note("\(name):\(offender) \(error.reason) (\(found.origin))")
            }
        } catch {
            note("\(name): \(error.reason)")
        }
        return nil
    }

    private mutating func note(_ problem: String) {
        if !problems.contains(problem) { problems.append(problem) }
    }

    private static func show(_ text: String, _ kind: Setting.Kind) -> String {
        kind == .secret ? Mask.text : Mask.url(text)
    }

    private static func describe(_ range: ClosedRange<Int>, _ unit: String?) -> String {
        let bounds = "\(range.lowerBound) to \(range.upperBound)"
        return unit.map { "\(bounds) \($0)" } ?? bounds
    }
}
