import FoundationEssentials
import Text

extension Request {
    /// Decodes a JSON body, or throws the problem that tells what is wrong with it.
    ///
    /// 415 for another media type or a content coding, 400 `invalid_json` for what is no JSON, no object or has combining
    /// marks without end, 422 `invalid_field` with the path of the member that is absent or of the wrong type.
    public func json<Value: Decodable>(_ type: Value.Type) throws(Problem) -> Value {
        try requireJSON()
        try requireNoCoding()
        guard CombiningMarks.areFew(inJSON: body) else { throw Problem.malformedJSON }
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch let error as DecodingError {
            throw Request.problem(of: error)
        } catch {
            throw Problem.malformedJSON
        }
    }

    private func requireJSON() throws(Problem) {
        let mediaType = headers["Content-Type"]?.split(separator: ";").first.map { $0.filter { $0 != " " } }
        guard let mediaType, Headers.equal(mediaType, "application/json") else {
            throw Problem(
                .unsupportedMediaType, "unsupported_media_type", detail: "The body must be application/json.",
                headers: ["Accept": "application/json"])
        }
    }

    /// Nothing here decodes `gzip` and the like; which codings are taken the answer tells (RFC 9110, 12.5.3 and 15.5.16).
    private func requireNoCoding() throws(Problem) {
        guard headers.list("Content-Encoding").allSatisfy({ Headers.equal($0, "identity") }) else {
            throw Problem(
                .unsupportedMediaType, "unsupported_media_type",
                detail: "The body must come without a coding.",
                headers: ["Accept-Encoding": "identity"])
        }
    }

    private static func problem(of error: DecodingError) -> Problem {
        switch error {
        // All of it is of the wrong type: no member could be named.
        case .valueNotFound(_, let context) where context.codingPath.isEmpty: Problem.malformedJSON
        case .typeMismatch(_, let context) where context.codingPath.isEmpty: Problem.malformedJSON
        case .keyNotFound(let key, let context): fieldProblem(context.codingPath + [key], "required")
        case .valueNotFound(_, let context): fieldProblem(context.codingPath, "required")
        case .typeMismatch(_, let context): fieldProblem(context.codingPath, "wrong_type")
        // The decoder reports both broken JSON (no path) and a value refused by a type's own decoding.
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            fieldProblem(context.codingPath, "invalid")
        default: Problem.malformedJSON
        }
    }

    private static func fieldProblem(_ path: [any CodingKey], _ code: String) -> Problem {
        let field = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
        return .invalidFields([FieldError(field, code)])
    }
}
