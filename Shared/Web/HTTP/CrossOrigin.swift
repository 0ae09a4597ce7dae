/// Lets pages of the allowed origins read answers (the CORS protocol of the Fetch standard, 3.2).
///
/// Nothing here keeps anybody out: a page without permission may send, as any program may, and its browser hides the
/// answer from it. No cookies are involved, so credentials are never allowed; a token is a header that a page sends
/// by itself.
public struct CrossOrigin: Sendable {
    private let origins: OriginPolicy
    private let closed: Set<String>

    /// Of these origins; what is at the patterns in `closed` no page of another origin may read.
    public init(_ origins: OriginPolicy, closed: Set<String> = []) {
        self.origins = origins
        self.closed = closed
    }

    /// Adds what the browser of the page that sent the request has to know.
    func mark(_ response: inout Response, to request: Request, at pattern: String?) {
        if let pattern, closed.contains(pattern) { return }
        // A cache must not give one page the permission of another, nor its refusal.
        if origins.isByOrigin { response.headers.add("Vary", "Origin") }
        guard let readers = origins.readers(of: request.headers.values("Origin")) else { return }
        response.headers["Access-Control-Allow-Origin"] = readers
        guard request.method == .options, request.headers["Access-Control-Request-Method"] != nil else {
            response.headers["Access-Control-Expose-Headers"] = CrossOrigin.told
            return
        }
        response.headers["Access-Control-Allow-Methods"] = response.headers["Allow"]
        response.headers["Access-Control-Allow-Headers"] = CrossOrigin.taken
        response.headers["Access-Control-Max-Age"] = "600"
    }

    /// What a page may send besides what any form could; `*` would not stand for Authorization.
    private static let taken = "Authorization, Content-Type"
    /// What it may read besides what is always readable.
    private static let told = "Allow, Location, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate"
}
