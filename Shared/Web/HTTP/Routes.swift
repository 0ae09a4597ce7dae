/// The table of addresses of a server: method and pattern to handler.
///
/// `/rooms/{room}` binds a segment to a name. A literal segment goes before a parameter. HEAD is served by
/// the GET handler, OPTIONS by the table itself; a path with other methods answers 405 with `Allow`.
public struct Routes {
    /// Answers a request; what it throws becomes a problem document.
    ///
    /// It stays on the caller's executor, the loop's: the compiler's default for a function type would leave it.
    public typealias Handler = nonisolated(nonsending) (Request) async throws -> Response

    /// What was answered, for metrics and logs.
    public struct Answer: Sendable {
        /// The request's method.
        public let method: Method
        /// The pattern that matched, or `nil` where none did.
        public let pattern: String?
        /// The status of the response.
        public let status: Status
        /// How long the handler took.
        public let duration: Duration
        /// What the handler threw, unless it was a problem.
        public let fault: (any Error)?
    }

    /// Called after each response with what was answered; a `fault` is worth a log line.
    public var onAnswer: ((Answer) -> Void)?

    /// Whose pages may read the answers, besides those that this server serves itself; nil: nobody's.
    public var crossOrigin: CrossOrigin?

    private var root = Node()

    /// Makes an empty table.
    public init() {}

    /// Adds a handler; a later one for the same method and pattern replaces it.
    public mutating func on(_ method: Method, _ pattern: String, handler: @escaping Handler) {
        let parts = Pattern(pattern)
        root.insert(
            Endpoint(pattern: pattern, names: parts.names, handler: handler), method, parts.parts[...])
    }

    /// Answers a request by the table; never throws.
    public func respond(to request: Request) async -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        var (response, pattern, fault) = await answer(request)
        crossOrigin?.mark(&response, to: request, at: pattern)
        onAnswer?(
            Answer(
                method: request.method, pattern: pattern, status: response.status,
                duration: clock.now - start,
                fault: fault))
        return response
    }

    private func answer(_ request: Request) async -> (Response, pattern: String?, fault: (any Error)?) {
        guard !request.target.isAsterisk else {
            return (Match(endpoints: root.methods, values: []).otherMethod(request.method), "*", nil)
        }
        guard let match = root.match(request.target.segments[...]) else {
            return (Problem.notFound.response, nil, nil)
        }
        guard let endpoint = match.endpoint(for: request.method) else {
            return (match.otherMethod(request.method), match.pattern, nil)
        }
        var request = request
        request.parameters = Dictionary(zip(endpoint.names, match.values)) { _, last in last }
        do {
            return (try await endpoint.handler(request), endpoint.pattern, nil)
        } catch let problem as Problem {
            return (problem.response, endpoint.pattern, nil)
        } catch {
            return (Problem.internalError.response, endpoint.pattern, error)
        }
    }
}

/// A pattern taken apart: `nil` stands for a parameter.
private struct Pattern {
    var parts: [String?] = []
    var names: [String] = []

    init(_ text: String) {
        for segment in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if segment.hasPrefix("{"), segment.hasSuffix("}") {
                names.append(String(segment.dropFirst().dropLast()))
                parts.append(nil)
            } else {
                parts.append(String(segment))
            }
        }
    }
}

private struct Endpoint {
    let pattern: String
    let names: [String]
    let handler: Routes.Handler
}

/// A place in the tree of segments.
private struct Node {
    var literals: [String: Node] = [:]
    /// The child for any segment: none or one (a struct cannot hold itself but in an array).
    var parameter: [Node] = []
    var endpoints: [Method: Endpoint] = [:]

    mutating func insert(_ endpoint: Endpoint, _ method: Method, _ parts: ArraySlice<String?>) {
        guard let part = parts.first else {
            endpoints[method] = endpoint
            return
        }
        guard let part else {
            if parameter.isEmpty { parameter = [Node()] }
            parameter[0].insert(endpoint, method, parts.dropFirst())
            return
        }
        literals[part, default: Node()].insert(endpoint, method, parts.dropFirst())
    }

    /// Every method of every address at and below this place, for `OPTIONS *` (RFC 9110, 9.3.7).
    var methods: [Method: Endpoint] {
        (Array(literals.values) + parameter).reduce(into: endpoints) { all, child in
            all.merge(child.methods) { known, _ in known }
        }
    }

    func match(_ segments: ArraySlice<String>) -> Match? {
        guard let segment = segments.first else {
            return endpoints.isEmpty ? nil : Match(endpoints: endpoints, values: [])
        }
        if let match = literals[segment]?.match(segments.dropFirst()) { return match }
        guard !segment.isEmpty, var match = parameter.first?.match(segments.dropFirst()) else { return nil }
        match.values.insert(segment, at: 0)
        return match
    }
}

/// The handlers of one address and the values of its parameters.
private struct Match {
    let endpoints: [Method: Endpoint]
    var values: [String]

    var pattern: String? { endpoints.values.first?.pattern }

    func endpoint(for method: Method) -> Endpoint? {
        endpoints[method] ?? (method == .head ? endpoints[.get] : nil)
    }

    func otherMethod(_ method: Method) -> Response {
        guard method == .options else {
            return Problem(.methodNotAllowed, "method_not_allowed", headers: ["Allow": allow]).response
        }
        return Response(status: .noContent, headers: ["Allow": allow])
    }

    private var allow: String {
        var methods = Set(endpoints.keys).union([.options])
        if methods.contains(.get) { methods.insert(.head) }
        return methods.map(\.name).sorted().joined(separator: ", ")
    }
}
