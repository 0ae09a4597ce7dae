/// Reads a service's configuration from all its sources, and collects what is wrong with them.
struct ConfigurationLoader<Configuration: ServiceConfiguration> {
    /// A configuration, or every reason why there is none.
    enum Outcome {
        case loaded(Configuration, printed: [(name: String, value: String)])
        case refused([String])
    }

    let settings: [Setting]
    let arguments: Arguments
    private let environment: [String: String]
    private let readFile: @Sendable (String) -> String?

    init(
        arguments: [String], environment: [String: String],
        readFile: @escaping @Sendable (String) -> String? = Sources.contents(ofFile:)
    ) {
        // Read once without sources: that declares every setting, so that flags and file keys can be known.
        var declaration = Settings()
        _ = Configuration(from: &declaration)
        settings = declaration.declared
        self.arguments = Arguments(arguments, settings: settings)
        self.environment = environment
        self.readFile = readFile
    }

    func load() -> Outcome {
        var problems = arguments.problems
        var sources = Sources(readFile: readFile)
        if let file = file(&problems) { sources.layers.append(file) }
        sources.layers.append(Sources.environment(environment))
        sources.layers.append(Sources.Layer(origin: "flag", values: arguments.values))
        var reader = Settings(sources: sources)
        let configuration = Configuration(from: &reader)
        problems += reader.problems
        return problems.isEmpty ? .loaded(configuration, printed: reader.printed) : .refused(problems)
    }

    private func file(_ problems: inout [String]) -> Sources.Layer? {
        let variable = environment["CONFIG_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = arguments.configurationFile ?? variable else { return nil }
        guard let text = readFile(path) else {
            let name = arguments.configurationFile == nil ? "CONFIG_FILE" : "--config"
            problems.append("\(name): cannot read \(Quoted(path))")
            return nil
        }
        let known = Set(settings.map(\.name) + settings.compactMap(\.fileName))
        let file = ConfigurationFile(parsing: text, path: path, known: known)
        problems += file.problems
        return Sources.Layer(origin: path, values: file.values)
    }
}
