/// The origin of a page, as browsers write it: a scheme, a host, and a port where it is not the scheme's own.
///
/// RFC 6454, 6.2. Two are the same only if all three are: a trailing dot, a path or user information makes another
/// text of it, which no browser sends.
public struct WebOrigin: Hashable, Sendable {
    let scheme: String
    let host: String
    let port: Int

    /// Reads the text of an `Origin` field; nil for `null` and for what is none.
    public init?(_ text: String) {
        let text = text.lowercased()
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = String(text[..<mark.lowerBound])
        guard let implied = Self.implied[scheme],
            let place = WebOrigin.place(text[mark.upperBound...], port: implied)
        else { return nil }
        (self.scheme, host, port) = (scheme, place.host, place.port)
    }

    /// Whether a request that was sent to this `Host` was sent to this origin; the scheme cannot be told, as TLS
    /// may end before us.
    func isSame(asHost authority: String) -> Bool {
        guard let implied = Self.implied[scheme],
            let place = WebOrigin.place(authority.lowercased()[...], port: implied)
        else { return false }
        return place == (host, port)
    }

    private static let implied = ["http": 80, "https": 443]

    private static func place(_ text: Substring, port implied: Int) -> (host: String, port: Int)? {
        let bytes = text.utf8
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !marks.contains($0) }) else { return nil }
        guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") else {
            return text.isEmpty ? nil : (String(text), implied)
        }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !host.isEmpty, host.hasPrefix("[") == host.hasSuffix("]"),
            host.hasPrefix("[") || !host.contains(":"),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(digits), port <= 65_535
        else { return nil }
        return (String(host), port)
    }

    private static let marks = Set("/?#@\\,\"<>%".utf8)
}
