/// A command line, taken apart: flags, one command with its arguments, and what was wrong with it.
struct Arguments: Equatable {
    /// What the command line asks for beside settings.
    enum Request: Equatable {
        case run
        case help
        case version
        case checkConfiguration
        case printConfiguration
    }

    private(set) var request = Request.run
    private(set) var configurationFile: String?
    private(set) var values: [String: String] = [:]
    private(set) var words: [String] = []
    /// The switch that the first word stands behind, as if it were its value; nil where it stands behind none.
    private(set) var wordBehind: String?
    private(set) var problems: [String] = []

    /// Reads the arguments after the program's name.
    init(_ arguments: [String], settings: [Setting]) {
        let names = Arguments.names(settings)
        var rest = arguments[...]
        var openSwitch: String?
        while let argument = rest.popFirst() {
            if argument == "--" {
                words += rest
                return
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                if words.isEmpty { wordBehind = openSwitch }
                words.append(argument)
                continue
            }
            let following = rest.count
            take(argument, &rest, names)
            openSwitch = names[argument] == .flag && rest.count == following ? argument : nil
        }
    }

    private mutating func take(
        _ argument: String, _ rest: inout ArraySlice<String>, _ names: [String: Setting.Kind]
    ) {
        let equals = argument.firstIndex(of: "=")
        let flag = String(argument[..<(equals ?? argument.endIndex)])
        let inline = equals.map { String(argument[argument.index(after: $0)...]) }
        if let asked = Arguments.request(flag), inline == nil {
            // Help wins over all else: who asks for it is lost already.
            if request != .help { request = asked }
        } else if flag == "--config" {
            configurationFile = value(of: flag, inline, &rest) ?? configurationFile
        } else if let kind = names[flag] {
            let value = kind == .flag ? truth(inline, &rest) : value(of: flag, inline, &rest)
            values[Arguments.name(flag)] = value
        } else {
            problems.append("unknown flag \(Quoted(flag)), see --help")
        }
    }

    private mutating func value(of flag: String, _ inline: String?, _ rest: inout ArraySlice<String>)
        -> String?
    {
        if let inline { return inline }
        guard let next = rest.first, !next.hasPrefix("--") else {
            problems.append("\(flag): needs a value")
            return nil
        }
        rest.removeFirst()
        return next
    }

    /// A switch stands alone unless a word for on or off follows it.
    private func truth(_ inline: String?, _ rest: inout ArraySlice<String>) -> String {
        if let inline { return inline }
        guard let next = rest.first, Switch.parse(next) != nil else { return Switch.text(true) }
        rest.removeFirst()
        return next
    }

    private static func request(_ flag: String) -> Request? {
        switch flag {
        case "--help", "-h": .help
        case "--version": .version
        case "--check-config": .checkConfiguration
        case "--print-config": .printConfiguration
        default: nil
        }
    }

    private static func names(_ settings: [Setting]) -> [String: Setting.Kind] {
        var names: [String: Setting.Kind] = [:]
        for setting in settings {
            names[setting.flag] = setting.kind
            if let file = setting.fileName { names[Setting.flag(file)] = .plain }
        }
        return names
    }

    private static func name(_ flag: String) -> String {
        flag.dropFirst(2).map { $0 == "-" ? "_" : $0.uppercased() }.joined()
    }
}
