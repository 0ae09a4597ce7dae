import Testing
import Web

@Suite struct HeadersTests {
    @Test func comparesNamesWithoutCase() {
        var headers: Headers = ["Content-Type": "a", "X": "1", "x": "2"]
        #expect(headers["content-TYPE"] == "a")
        #expect(headers.values("X") == ["1", "2"])
        headers["x"] = "3"
        #expect(headers.values("X") == ["3"])
        headers["X"] = nil
        #expect(headers.count == 1)
        // `@` and a backquote differ by the same bit as letters do.
        #expect(!Headers.equal("a@", "a`"))
    }

    @Test func readsListsOverSeveralLines() {
        let headers: Headers = [
            "Connection": " keep-alive ,, Upgrade", "connection": "x", "Q": #""a,\"b", c"#,
        ]
        #expect(headers.list("Connection") == ["keep-alive", "Upgrade", "x"])
        #expect(headers.contains("connection", token: "upgrade"))
        #expect(!headers.contains("connection", token: "up"))
        #expect(headers.list("q") == [#""a,\"b""#, "c"])
    }
}
