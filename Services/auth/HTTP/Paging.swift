import Tokens
import Web

/// Which page of a list is asked for: `?limit=&cursor=`.
struct Paging: Hashable {
    static let limits = 1...200
    static let usual = 50

    let limit: Int
    /// The last entry of the page before; empty for the first page.
    let after: String

    /// Throws the problem that names what is wrong.
    init(_ request: Request) throws(Problem) {
        guard let limit = request.query("limit").map({ Int($0) }) ?? Self.usual, Self.limits.contains(limit)
        else {
            throw .invalidFields([FieldError("limit", "out_of_range")])
        }
        self.limit = limit
        guard let after = Self.open(request.query("cursor")) else {
            throw .invalidFields([FieldError("cursor", "invalid")])
        }
        self.after = after
    }

    /// One entry more than a page is read, to know whether there is another.
    var readLimit: Int { limit + 1 }

    /// The entries of the page, and the cursor of the next one.
    func cut<Entry>(_ entries: [Entry], by key: (Entry) -> String) -> (page: [Entry], next: String?) {
        guard entries.count > limit, limit > 0 else { return (entries, nil) }
        return (Array(entries.prefix(limit)), Base64URL.encode(Array(key(entries[limit - 1]).utf8)))
    }

    private static func open(_ cursor: String?) -> String? {
        guard let cursor, !cursor.isEmpty else { return "" }
        guard let bytes = Base64URL.decode(cursor), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        return text.utf8.contains(0) ? nil : text
    }
}
