import Access
import Schema
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
