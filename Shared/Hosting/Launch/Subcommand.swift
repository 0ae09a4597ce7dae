/// A further verb of a service's binary: `auth create-admin NAME`.
///
/// It takes the same settings as the service, and exactly the arguments it names.
public struct Subcommand<Configuration: ServiceConfiguration>: Sendable {
    /// What the command does; returns the exit code.
    ///
    /// What it throws is printed on one line, with exit code 1, or that of a `StartFailure`.
    public typealias Body = @Sendable (Configuration, [String], LaunchContext) async throws -> Int32

    let name: String
    let arguments: [String]
    let help: String
    let body: Body

    /// Declares a command with the names of its arguments and a sentence of help.
    public init(_ name: String, arguments: [String] = [], help: String, body: @escaping Body) {
        self.name = name
        self.arguments = arguments
        self.help = help
        self.body = body
    }

    var usage: String { ([name] + arguments).joined(separator: " ") }
}
