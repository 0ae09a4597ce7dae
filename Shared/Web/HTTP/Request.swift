/// One complete HTTP request.
public struct Request: Sendable {
    /// The minor versions of HTTP/1 that differ for us.
    public enum Version: Sendable {
        /// HTTP/1.0: closes after each response unless asked otherwise.
        case http10
        /// HTTP/1.1
        case http11
    }

    /// The method.
    public var method: Method
    /// What is asked for, decoded.
    public var target: RequestTarget
    /// The protocol version.
    public var version: Version
    /// The header fields.
    public var headers: Headers
    /// The whole body, with chunked coding taken off.
    public var body: [UInt8]
    /// The address of the peer of the socket, which may be a proxy.
    public var peerAddress: String
    /// The path parameters by name, filled in by `Routes`.
    public var parameters: [String: String] = [:]

    /// Makes a request of its parts.
    public init(
        method: Method, target: RequestTarget, version: Version = .http11, headers: Headers = [:],
        body: [UInt8] = [], peerAddress: String = ""
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        self.body = body
        self.peerAddress = peerAddress
    }

    /// Makes a request of a path with query as it would stand in a request line; `nil` if that is malformed.
    public init?(_ method: Method, _ target: String, headers: Headers = [:], body: [UInt8] = []) {
        guard let target = RequestTarget(target.utf8) else { return nil }
        self.init(method: method, target: target, headers: headers, body: body)
    }

    /// The decoded path without the query.
    public var path: String { target.path }

    /// The first value of a query parameter.
    public func query(_ name: String) -> String? {
        target.query.first { $0.name == name }?.value
    }

    /// Host and port the client means: those of an absolute target, else those of the Host field.
    public var host: String? { target.authority ?? headers["Host"] }

    /// Whether the connection may stay open after the response (RFC 9112, 9.3).
    public var keepsAlive: Bool {
        if headers.contains("Connection", token: "close") { return false }
        return version == .http11 || headers.contains("Connection", token: "keep-alive")
    }
}
