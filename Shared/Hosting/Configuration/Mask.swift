/// What stands in print for what must not.
enum Mask {
    static let text = "********"

    /// Masks the password of a URL's `user:password@`, which the last `@` before the path ends.
    ///
    /// Query parameters named like a password are masked too (libpq takes `?password=…`).
    static func url(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let (head, rest) = (text[..<scheme.upperBound], text[scheme.upperBound...])
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        // A password may hold an unescaped "/": then the last "@" of all is the better guess.
        guard let at = rest[..<end].lastIndex(of: "@") ?? rest.lastIndex(of: "@") else {
            return head + query(rest)
        }
        let user = rest[..<at].prefix { $0 != ":" }
        let password = user.endIndex < at ? ":" + Mask.text : ""
        return head + user + password + query(rest[at...])
    }

    /// Masks in a text that was refused, too, what would be a password if it were meant otherwise than it is written.
    ///
    /// `redis://PASSWORD@host`, an address without `://`, and libpq's `host=… password=…`.
    static func refused(_ text: String) -> String {
        let shown = url(text)
        let scheme = shown.firstRange(of: "://")
        if scheme == nil, shown.lowercased().contains("password") { return Mask.text }
        let start = scheme?.upperBound ?? shown.startIndex
        guard let at = shown[start...].lastIndex(of: "@"), !shown[start..<at].hasSuffix(":" + Mask.text)
        else {
            return shown
        }
        return shown[..<start] + Mask.text + shown[at...]
    }

    private static func query(_ text: Substring) -> String {
        guard let mark = text.firstIndex(of: "?") else { return String(text) }
        let pairs = text[text.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
        let masked = pairs.map { pair -> String in
            let key = pair.prefix { $0 != "=" }
            return key.lowercased().contains("password") ? "\(key)=\(Mask.text)" : String(pair)
        }
        return text[...mark] + masked.joined(separator: "&")
    }
}
