internal import Tokens
public import Web

/// Which page of a list is asked for: `?limit=&cursor=`.
///
/// A list has an order of its entries' keys; a cursor is the last key of the page before, in a form that tells clients
/// nothing that they might come to rely on.
public struct Paging: Hashable, Sendable {
    /// How many entries a page may have at most.
    public static let limits = 1...200
    /// How many it has unless asked otherwise.
    public static let usual = 50

    /// The most entries of the page.
    public let limit: Int
    /// The key after which the page begins; empty for the first one.
    public let after: String

    /// Takes the parts.
    public init(limit: Int = usual, after: String = "") {
        self.limit = limit
        self.after = after
    }

    /// Reads the query, or throws the problem that names what is wrong; `isKey` tells what a cursor can hold.
    public init(_ request: Request, where isKey: (String) -> Bool) throws(Problem) {
        guard let limit = request.query("limit").map({ Int($0) }) ?? Self.usual, Self.limits.contains(limit)
        else {
            throw .invalid(
                "limit", "out_of_range", "From \(Self.limits.lowerBound) to \(Self.limits.upperBound).")
        }
        self.init(limit: limit, after: try Self.key(of: request.query("cursor") ?? "", where: isKey))
    }

    /// One entry more than a page is read, to know whether there is another.
    public var readLimit: Int { limit + 1 }

    /// The entries of the page, of those that were read after its beginning, and the cursor of the next one.
    public func cut<Entry>(_ entries: [Entry], by key: (Entry) -> String) -> (page: [Entry], next: String?) {
        let page = Array(entries.prefix(limit))
        guard entries.count > limit, let last = page.last else { return (page, nil) }
        return (page, Base64URL.encode(Array(key(last).utf8)))
    }

    /// The same, of the whole list in the order of its keys.
    public func cut<Entry>(all entries: [Entry], by key: (Entry) -> String) -> (page: [Entry], next: String?)
    {
        cut(Array(entries.drop { key($0) <= after }.prefix(readLimit)), by: key)
    }

    private static func key(of cursor: String, where isKey: (String) -> Bool) throws(Problem) -> String {
        guard !cursor.isEmpty else { return "" }
        guard let bytes = Base64URL.decode(cursor), let key = String(validating: bytes, as: UTF8.self),
            isKey(key)
        else { throw .invalid("cursor", "invalid") }
        return key
    }
}
