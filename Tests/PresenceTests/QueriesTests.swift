import Schema
import Testing
import Web

@testable import ChatPresence

struct QueriesTests {
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

    @Test(arguments: [
        ("?limit=0", "limit"), ("?limit=201", "limit"), ("?limit=x", "limit"), ("?limit=", "limit"),
        ("?limit=99999999999999999999", "limit"), ("?cursor=", "cursor"), ("?cursor=*", "cursor"),
        ("?cursor=QUxJQ0U", "cursor"),
    ])
    func badPagesAreRefused(query: String, field: String) throws {
        let request = try request(query)
        #expect {
            try RoomQuery(request)
        } throws: { error in
            (error as? Problem)?.errors.map(\.field) == [field]
        }
    }

    @Test(arguments: [1, 2, 3, 5, 50]) func allPagesTogetherAreTheRoom(limit: Int) throws {
        let all = ["alice", "bob", "carol", "dave", "erin"].map(handle)
        var seen: [UserHandle] = []
        var query = RoomQuery(limit: limit, after: nil)
        var pages = 1
        while pages < 9 {
            let page = RoomPage(of: all, query)
            #expect(page.users.count <= limit)
            seen += page.users
            guard let cursor = page.nextCursor else { break }
            query = try RoomQuery(request("?limit=\(limit)&cursor=\(cursor)"))
            pages += 1
        }
        #expect(seen == all)
        #expect(pages == (all.count + limit - 1) / limit)
    }

    @Test func whoLeftBetweenTwoPagesBreaksNothing() {
        let page = RoomPage(of: ["alice", "carol"].map(handle), RoomQuery(limit: 5, after: handle("bob")))
        #expect(page == RoomPage(of: [handle("carol")], RoomQuery(limit: 5, after: nil)))
    }
}
