public import Web

extension Request {
    /// The token of `Authorization: Bearer TOKEN` (RFC 6750, section 2.1); the scheme in any case (RFC 9110, 11.1).
    public var bearerToken: Substring? {
        guard let field = headers["Authorization"] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, Headers.equal(String(parts[0]), "Bearer") else { return nil }
        return parts[1].drop { $0 == " " }
    }
}
