/// The name of one version of what stands at an address (RFC 9110, section 8.8.3), a strong one.
public struct EntityTag: Hashable, Sendable {
    /// As it stands in `ETag`.
    public let text: String

    /// A tag of letters, digits, `-` and `_`, as base64url of a digest is.
    public init(_ opaque: String) {
        text = "\"\(opaque)\""
    }

    /// Whether `If-None-Match` tells that the client has this version (RFC 9110, section 13.1.2).
    ///
    /// Weak tags count too: who compresses an answer on its way makes a strong tag a weak one.
    public func isKnown(to headers: Headers) -> Bool {
        let known = headers.list("If-None-Match")
        return known == ["*"] || known.contains { $0 == text || $0 == "W/\(text)" }
    }
}
