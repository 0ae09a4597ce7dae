import Access
import Web

/// What a request shows to say who somebody is (protocol, section 4), in the order in which it counts.
enum Credentials: Equatable {
    case token(String)
    case ticket(String)
    /// Nothing was shown: the first frame must.
    case none
    /// Something was shown that can be no token, and nothing else.
    case malformed

    private static let protocolPrefix = "bearer."

    /// Reads a request; `allowsQueryToken` says whether `?token=` counts.
    init(_ request: Request, allowsQueryToken: Bool) {
        let field = request.headers["Authorization"]
        // Another scheme is for somebody on the way: a browser sends `Basic` unasked to a site that a proxy guards by it.
        if let field, Headers.equal(String(field.prefix { $0 != " " }), "Bearer") {
            self = request.bearerToken.map { .token(String($0)) } ?? .malformed
        } else if let token = Credentials.subprotocolToken(request) {
            self = .token(token)
        } else if let ticket = request.query("ticket") {
            self = .ticket(ticket)
        } else if allowsQueryToken, let token = request.query("token") {
            self = .token(token)
        } else {
            self = field == nil ? .none : .malformed
        }
    }

    private static func subprotocolToken(_ request: Request) -> String? {
        let offered = request.headers.list("Sec-WebSocket-Protocol")
        guard let name = offered.first(where: { $0.hasPrefix(protocolPrefix) }) else { return nil }
        return String(name.dropFirst(protocolPrefix.count))
    }
}
