/// Why a run cannot go on.
enum BenchError: Error, CustomStringConvertible {
    /// A wrong argument, told in a line.
    case usage(String)
    /// A failed system call.
    case system(String, Int32)
    /// The server did not do what the run needs.
    case server(String)

    var description: String {
        switch self {
        case .usage(let line), .server(let line): line
        case .system(let call, let code): "\(call): error \(code)"
        }
    }
}
