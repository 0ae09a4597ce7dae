import FoundationEssentials

/// An error answer as a problem document; RFC 9457.
///
/// `code` is stable and meant for programs, `title` and `detail` are for people. Handlers throw it.
public struct Problem: Error, Sendable, Equatable {
    /// The HTTP status.
    public var status: Status
    /// The stable word by which clients decide.
    public var code: String
    /// A short text, the same for each occurrence of the code.
    public var title: String
    /// What was wrong this time; never a secret and never content.
    public var detail: String?
    /// The members of the request that were wrong.
    public var errors: [FieldError]
    /// When to try again; also sent as `Retry-After`.
    public var retryAfterSeconds: Int?
    /// More header fields, such as `WWW-Authenticate` or `Allow`.
    public var headers: Headers

    /// Makes a problem; the title is the phrase of the status unless given.
    public init(
        _ status: Status, _ code: String, title: String? = nil, detail: String? = nil,
        errors: [FieldError] = [],
        retryAfterSeconds: Int? = nil, headers: Headers = [:]
    ) {
        self.status = status
        self.code = code
        self.title = title ?? status.reason
        self.detail = detail
        self.errors = errors
        self.retryAfterSeconds = retryAfterSeconds
        self.headers = headers
    }

    /// 500 `internal_error`: our fault, and nothing is told about it.
    public static let internalError = Problem(.internalServerError, "internal_error")
    /// 404 `not_found`: no such address.
    public static let notFound = Problem(.notFound, "not_found")
    /// 400 `invalid_json`: the body is no JSON.
    public static let malformedJSON = Problem(
        .badRequest, "invalid_json", detail: "The body is not a valid JSON object.")

    /// 422 `invalid_field` with the members that are wrong.
    public static func invalidFields(_ errors: [FieldError]) -> Problem {
        Problem(.unprocessableContent, "invalid_field", errors: errors)
    }

    /// The response that carries this problem.
    public var response: Response {
        var response = Response(status: status, headers: headers, body: document)
        response.headers["Content-Type"] = "application/problem+json"
        if let retryAfterSeconds { response.headers["Retry-After"] = String(retryAfterSeconds) }
        return response
    }

    private var document: [UInt8] {
        let document = Document(
            type: "about:blank", title: title, status: status.code, code: code, detail: detail,
            errors: errors.isEmpty ? nil : errors)
        return JSONBody.encode(document) ?? Array(#"{"code":"internal_error"}"#.utf8)
    }

    private struct Document: Encodable {
        let type: String
        let title: String
        let status: Int
        let code: String
        let detail: String?
        let errors: [FieldError]?
    }
}

/// One wrong member of a request body or query.
public struct FieldError: Sendable, Hashable, Encodable {
    /// The member's name, as a dotted path.
    public var field: String
    /// What is wrong, as a stable word such as `required`, `wrong_type` or `too_long`.
    public var code: String
    /// What is wrong, for people.
    public var message: String?

    /// Names a wrong member.
    public init(_ field: String, _ code: String, message: String? = nil) {
        self.field = field
        self.code = code
        self.message = message
    }
}
