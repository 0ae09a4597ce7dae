import Schema
import Testing
import Web

@testable import ChatPresence

struct UsersQueryTests {
    private func request(_ query: String) throws -> Request {
        try #require(Request(.get, "/presence/x\(query)"))
    }

    @Test func eachUserIsAskedForOnceInOrder() throws {
        #expect(try UsersQuery(request("?ids=bob,alice,bob")).users.map(\.text) == ["bob", "alice"])
    }

    @Test(arguments: [
        ("", "required"), ("?ids=", "required"), ("?ids=a", "invalid"), ("?ids=alice,", "invalid"),
        ("?ids=alice,,bob", "invalid"), ("?ids=Alice", "invalid"), ("?ids=alice,%20", "invalid"),
        ("?ids=" + Array(repeating: "bob", count: 201).joined(separator: ","), "too_many"),
    ])
    func badIdsAreRefused(query: String, code: String) throws {
        let request = try request(query)
        #expect {
            try UsersQuery(request)
        } throws: { error in
            (error as? Problem)?.errors.map { "\($0.field) \($0.code)" } == ["ids \(code)"]
        }
    }
}
