/// What a request line asks for, decoded; RFC 9112, 3.2.
public struct RequestTarget: Sendable, Equatable {
    /// The decoded path segments: `/a/b%2Fc` has the two segments `a` and `b/c`.
    public var segments: [String]
    /// The decoded names and values of the query, in order.
    public var query: [QueryItem]
    /// Host and port of an absolute-form target; it takes the place of the Host field (RFC 9112, 3.2.2).
    public var authority: String?
    /// Whether the target is `*`, about the server as a whole.
    public var isAsterisk = false

    /// One name and value of a query.
    public struct QueryItem: Sendable, Equatable {
        /// The decoded name.
        public var name: String
        /// The decoded value; empty where there was no `=`.
        public var value: String
    }

    /// The decoded path; for `*` it is `*`.
    public var path: String { isAsterisk ? "*" : "/" + segments.joined(separator: "/") }

    /// Reads origin-form, absolute-form and `*`; anything else, bad escapes and fragments answer `nil`.
    public init?(_ bytes: some Collection<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        guard bytes != [UInt8(ascii: "*")] else {
            (segments, query, isAsterisk) = ([], [], true)
            return
        }
        guard let (authority, rest) = RequestTarget.splitAuthority(bytes) else { return nil }
        let parts = rest.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, let segments = RequestTarget.segments(of: path),
            let query = RequestTarget.query(of: parts.dropFirst().first ?? [])
        else { return nil }
        (self.authority, self.segments, self.query) = (authority, segments, query)
    }

    private static func splitAuthority(_ bytes: [UInt8]) -> (String?, ArraySlice<UInt8>)? {
        guard bytes.first != UInt8(ascii: "/") else { return (nil, bytes[...]) }
        let text = String(decoding: bytes.prefix(8), as: UTF8.self).lowercased()
        let schemeLength = text.hasPrefix("http://") ? 7 : text == "https://" ? 8 : 0
        guard schemeLength > 0 else { return nil }
        let afterScheme = bytes.dropFirst(schemeLength)
        let authority = afterScheme.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard Authority.isValid(authority) else { return nil }
        return (String(decoding: authority, as: UTF8.self), afterScheme.dropFirst(authority.count))
    }

    private static func segments(of path: ArraySlice<UInt8>) -> [String]? {
        guard let first = path.first else { return [""] }
        guard first == UInt8(ascii: "/") else { return nil }
        var segments: [String] = []
        for part in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let segment = PercentCoding.decode(part) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    private static func query(of bytes: ArraySlice<UInt8>) -> [QueryItem]? {
        var items: [QueryItem] = []
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let pair = part.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(pair.first ?? [], plusIsSpace: true),
                let value = PercentCoding.decode(pair.dropFirst().first ?? [], plusIsSpace: true)
            else { return nil }
            items.append(QueryItem(name: name, value: value))
        }
        return items
    }
}
