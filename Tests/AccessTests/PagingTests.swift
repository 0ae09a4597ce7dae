import Testing
import Web

@testable import Access

struct PagingTests {
    private func paging(_ query: String) throws -> Paging {
        let request = try #require(Request(.get, "/list\(query)"))
        return try Paging(request) { !$0.isEmpty && $0 == $0.lowercased() && !$0.utf8.contains(0) }
    }

    @Test func withoutAQueryItIsTheFirstPage() throws {
        #expect(try paging("") == Paging(limit: 50, after: ""))
        #expect(try paging("?cursor=") == Paging())
    }

    @Test(arguments: [
        ("?limit=0", "limit", "out_of_range"), ("?limit=201", "limit", "out_of_range"),
        ("?limit=x", "limit", "out_of_range"), ("?limit=", "limit", "out_of_range"),
        ("?limit=99999999999999999999", "limit", "out_of_range"), ("?cursor=*", "cursor", "invalid"),
        // What is Base64 of no text, of a NUL, and of what can be no key.
        ("?cursor=_w", "cursor", "invalid"), ("?cursor=AA", "cursor", "invalid"),
        ("?cursor=QUxJQ0U", "cursor", "invalid"),
    ])
    func aBadPageIsRefused(query: String, field: String, code: String) {
        let problem = #expect(throws: Problem.self) { try paging(query) }
        #expect(problem?.status == .unprocessableContent)
        #expect(problem?.errors.map { [$0.field, $0.code] } == [[field, code]])
    }

    @Test func pagesFollowEachOther() throws {
        let first = try paging("?limit=2")
        let (page, cursor) = first.cut(["a", "b", "c"], by: \.self)
        #expect(page == ["a", "b"])
        let second = try paging("?limit=2&cursor=\(cursor ?? "")")
        #expect(second.after == "b")
        #expect(second.cut(["c"], by: \.self).next == nil)
    }

    @Test(arguments: [1, 2, 3, 5, 50]) func allPagesTogetherAreTheList(limit: Int) throws {
        let all = ["alice", "bob", "carol", "dave", "erin"]
        var (seen, pages, query): ([String], Int, String) = ([], 0, "?limit=\(limit)")
        while pages < 9 {
            let (page, cursor) = try paging(query).cut(all: all, by: \.self)
            #expect(page.count <= limit)
            seen += page
            pages += 1
            guard let cursor else { break }
            query = "?limit=\(limit)&cursor=\(cursor)"
        }
        #expect(seen == all)
        #expect(pages == (all.count + limit - 1) / limit)
    }

    @Test func whoLeftBetweenTwoPagesBreaksNothing() {
        let (page, next) = Paging(limit: 5, after: "bob").cut(all: ["alice", "carol"], by: \.self)
        #expect(page == ["carol"])
        #expect(next == nil)
    }
}
