/// The text of `--help`, made from what is declared.
struct Usage {
    let program: String
    let summary: String
    let commands: [(usage: String, help: String)]
    let settings: [Setting]

    var text: String {
        var lines = [
            "Usage: \(program) [COMMAND] [FLAG...]", "", summary, "", "Commands (none: run the service):",
        ]
        lines += commands.flatMap { ["  \($0.usage)", "      \($0.help)"] }
        lines += ["", "Flags:"]
        lines += Usage.flags.flatMap { ["  \($0.0)", "      \($0.1)"] }
        lines += [
            "", "Settings, by environment variable, flag, or line of the file; a flag is stronger than the",
            "environment, the environment than the file, the file than the default:",
        ]
        lines += settings.flatMap(Usage.lines)
        return lines.joined(separator: "\n")
    }

    private static let flags = [
        ("--config=FILE", "Read settings from FILE, KEY=VALUE lines (also: CONFIG_FILE in the environment)."),
        ("--check-config", "Check all settings and end: 0 when they are good, 2 when not."),
        ("--print-config", "Print the settings in force, secrets masked, and end."),
        ("--version", "Print the version and end."),
        ("--help", "Print this text and end."),
    ]

    private static func lines(_ setting: Setting) -> [String] {
        let fallback = setting.defaultText.map { $0.isEmpty ? "default empty" : "default \(Mask.url($0))" }
        var names = "\(setting.name), \(setting.flag)"
        if let file = setting.fileName { names += "; or \(file)" }
        return [
            "  \(names)", "      \(setting.help) [\(setting.values); \(fallback ?? "no default")]",
        ]
    }
}
