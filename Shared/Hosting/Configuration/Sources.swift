import FoundationEssentials

/// Where values come from, the strongest last: file, environment, flags.
///
/// Defaults stand below all of them.
struct Sources: Sendable {
    struct Layer: Sendable {
        let origin: String
        let values: [String: String]
    }

    struct Found: Equatable {
        let text: String
        let origin: String
    }

    var layers: [Layer] = []
    /// Reads the file that an `X_FILE` names; `nil` when it cannot be read.
    var readFile: @Sendable (String) -> String? = Sources.contents(ofFile:)

    /// The strongest value of a setting, read from its file where `X_FILE` says so.
    func find(_ setting: Setting) throws(SettingRejection) -> Found? {
        for layer in layers.reversed() {
            let direct = layer.values[setting.name]
            let path = setting.fileName.flatMap { layer.values[$0] }
            switch (direct, path) {
            case (nil, nil): continue
            case (.some, .some):
                throw SettingRejection(
                    "\(setting.name)_FILE is set as well (\(layer.origin)); set one of them")
            case (.some(let text), nil): return Found(text: text, origin: layer.origin)
            case (nil, .some(let path)):
                guard let text = readFile(path) else {
                    throw SettingRejection("cannot read \(setting.name)_FILE \(Quoted(path))")
                }
                return Found(text: text, origin: "\(setting.name)_FILE")
            }
        }
        return nil
    }

    /// The text of a file, without the newline that editors put at the end.
    static func contents(ofFile path: String) -> String? {
        guard var text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        if text.hasSuffix("\r\n") || text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// An environment without empty variables: `X=` is how Compose passes on what is not set.
    static func environment(_ variables: [String: String]) -> Layer {
        Layer(origin: "environment", values: variables.filter { !$0.value.isEmpty })
    }
}

/// Why a value is not taken; becomes one line with the setting's name before it.
struct SettingRejection: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// An operator's text inside a message: in quotes, on one line, bounded.
struct Quoted: CustomStringConvertible {
    let text: String

    init(_ text: String) { self.text = text }

    var description: String {
        let shown = text.unicodeScalars.prefix(100).map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : String(scalar)
        }
        return "\"" + shown.joined() + (text.unicodeScalars.count > 100 ? "…" : "") + "\""
    }
}
