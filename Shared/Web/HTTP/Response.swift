/// One HTTP response with its whole body.
public struct Response: Sendable, Equatable {
    /// The status.
    public var status: Status
    /// The fields; Date, Content-Length and Connection are added when it is sent.
    public var headers: Headers
    /// The body.
    public var body: [UInt8]

    /// Makes a response of its parts.
    public init(status: Status = .ok, headers: Headers = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A value as JSON; one that cannot be encoded becomes a 500 problem.
    public static func json(_ value: some Encodable, status: Status = .ok, headers: Headers = [:]) -> Response
    {
        guard let body = JSONBody.encode(value) else { return .problem(.internalError) }
        return .json(encoded: body, status: status, headers: headers)
    }

    /// Bytes that are JSON already.
    public static func json(encoded body: [UInt8], status: Status = .ok, headers: Headers = [:]) -> Response {
        var response = Response(status: status, headers: headers, body: body)
        response.headers["Content-Type"] = "application/json"
        return response
    }

    /// A problem document.
    public static func problem(_ problem: Problem) -> Response { problem.response }

    /// 204: done, with nothing to say.
    public static let noContent = Response(status: .noContent)

    /// Plain text in UTF-8, or another text type.
    public static func text(
        _ text: String, status: Status = .ok, contentType: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(status: status, headers: ["Content-Type": contentType], body: Array(text.utf8))
    }
}
