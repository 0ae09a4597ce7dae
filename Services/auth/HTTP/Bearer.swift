import Bus
import Schema
import Web

/// Tells who sends a request, by its access token (RFC 6750).
final class Bearer {
    private let authority: Authority
    private let visitors: Visitors

    init(authority: Authority, visitors: Visitors) {
        self.authority = authority
        self.visitors = visitors
    }

    /// Throws `AuthenticationFailure` where nobody is shown.
    func identity(of request: Request) async throws -> Identity {
        let identity = try authority.identity(of: try Self.token(in: request)).get()
        try await visitors.seen(identity)
        return identity
    }

    static func token(in request: Request) throws(AuthenticationFailure) -> Substring {
        guard let field = request.headers["Authorization"] else { throw .missing }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, Headers.equal(String(parts[0]), "Bearer") else { throw .missing }
        return parts[1].drop { $0 == " " }
    }
}
