import Testing
import Web

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("/", [""]), ("/a/b", ["a", "b"]), ("/a//b/", ["a", "", "b", ""]), ("/a%2Fb/c", ["a/b", "c"]),
        ("/%E2%82%AC", ["€"]), ("/a+b", ["a+b"]), ("http://host", [""]), ("HTTPS://host:1/x", ["x"]),
        ("http://host?q=1", [""]),
    ]) func decodesThePath(target: String, segments: [String]) throws {
        #expect(try #require(RequestTarget(target.utf8)).segments == segments)
    }

    @Test func decodesTheQuery() throws {
        let target = try #require(RequestTarget("/p?a=1&b=x+y%26z&&c&d=&=e&a=2".utf8))
        #expect(target.path == "/p")
        #expect(target.query.map(\.name) == ["a", "b", "c", "d", "", "a"])
        #expect(target.query.map(\.value) == ["1", "x y&z", "", "", "e", "2"])
    }

    @Test func takesTheAuthorityOfAnAbsoluteTarget() throws {
        let target = try #require(RequestTarget("http://example.org:8080/p?q".utf8))
        #expect(target.authority == "example.org:8080")
        let request = Request(method: .get, target: target, headers: ["Host": "other"])
        #expect(request.host == "example.org:8080")
    }

    @Test(arguments: [
        "", "a", "a:1", "?", "/%", "/%4", "/%zz", "/%00", "/%ff", "/%C0%80", "/?%", "/?a=%ED%A0%80", "/a b",
        "/é",
        "/#f", "http:///x", "http://u@host/", "ftp://host/", "**", "/a\u{7f}",
    ]) func refusesWhatIsMalformed(target: String) {
        #expect(RequestTarget(target.utf8) == nil)
    }
}
