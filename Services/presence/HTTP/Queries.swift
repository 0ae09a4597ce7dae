import Schema
import Tokens
import Web

/// `?ids=a,b,c`: whom is asked for, each once, in order.
struct UsersQuery {
    let users: [UserHandle]

    init(_ request: Request) throws(Problem) {
        guard let text = request.query("ids"), !text.isEmpty else { throw .invalid("ids", "required") }
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        guard names.count <= Limits.presenceUsers else {
            throw .invalid("ids", "too_many", "At most \(Limits.presenceUsers) at once.")
        }
        let handles = names.compactMap { UserHandle(String($0)) }
        guard handles.count == names.count else {
            throw .invalid("ids", "invalid", "Handles with commas between them.")
        }
        var seen: Set<UserHandle> = []
        users = handles.filter { seen.insert($0).inserted }
    }
}

/// `?limit=&cursor=`: which page of a room's people.
struct RoomQuery {
    let limit: Int
    /// The last name of the page before.
    let after: UserHandle?

    private static let limits = 1...200
    private static let defaultLimit = 50

    init(limit: Int, after: UserHandle?) {
        self.limit = limit
        self.after = after
    }

    init(_ request: Request) throws(Problem) {
        var limit = RoomQuery.defaultLimit
        if let text = request.query("limit") {
            guard let number = Int(text), RoomQuery.limits.contains(number) else {
                throw .invalid("limit", "out_of_range", "From 1 to \(RoomQuery.limits.upperBound).")
            }
            limit = number
        }
        var after: UserHandle?
        if let text = request.query("cursor") {
            after = RoomPage.user(ofCursor: text)
            guard after != nil else { throw .invalid("cursor", "invalid") }
        }
        self.init(limit: limit, after: after)
    }
}

/// One page of a room's people, who stand in the order of their names.
struct RoomPage: Equatable {
    let users: [UserHandle]
    /// What to ask for the next page with; nil on the last one.
    let nextCursor: String?

    init(of all: [UserHandle], _ query: RoomQuery) {
        let rest = all.drop { name in query.after.map { name <= $0 } ?? false }
        users = Array(rest.prefix(query.limit))
        nextCursor = rest.count > query.limit ? users.last.map(RoomPage.cursor) : nil
    }

    /// Cursors are ours to read: clients see no name in them that they might come to rely on.
    static func cursor(_ user: UserHandle) -> String { Base64URL.encode(Array(user.text.utf8)) }

    static func user(ofCursor text: String) -> UserHandle? {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text) else { return nil }
        return String(validating: bytes, as: UTF8.self).flatMap(UserHandle.init)
    }
}
