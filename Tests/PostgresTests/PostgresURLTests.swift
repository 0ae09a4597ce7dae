import Testing

@testable import Postgres

struct PostgresURLTests {
    @Test func readsItsParts() throws {
        let url = try #require(PostgresURL("postgres://me:s%40crt@db.example:5433/chat?sslmode=verify-full"))
        #expect(url.hosts == ["db.example"])
        #expect(url.user == "me")
        #expect(url.database == "chat")
        #expect(url.settings["password"] == "s@crt")
        #expect(url.settings["sslmode"] == "verify-full")
    }

    @Test func keepsThePasswordToItself() throws {
        let url = try #require(PostgresURL("postgres://me:secret@a:1,b:2/chat"))
        #expect("\(url)" == "postgres://a:1,b:2/chat")
        var dumped = ""
        dump(url, to: &dumped)
        #expect(!(dumped + String(reflecting: url)).contains("secret"))
    }

    @Test(arguments: [
        "", "mysql://x", "host=x", "postgres://h/d?nonsense=1", "postgres://%zz@h", "postgres://h\0",
        "postgres://h/d?sslmode=bogus", "postgres://h:0/d", "postgres://h:65536/d", "postgres://h:x/d",
        "postgres://a:1,b:y/d",
    ])
    func refusesOthers(_ text: String) {
        #expect(PostgresURL(text) == nil)
    }

    @Test func spreadsAHostOverItsAddresses() throws {
        let url = try #require(PostgresURL("postgres://me@a:1,b:2,gone:3/chat?options=-c%20x%3D1"))
        let parameters = StartupParameters(url: url, name: "test", settings: PostgresSettings())
        let places = parameters.places { ["a": ["10.0.0.1", "::1"], "b": ["10.0.0.2"]][$0] ?? [] }
        let keywords = parameters.keywords(places: places)
        #expect(keywords["host"] == "a,a,b")
        #expect(keywords["hostaddr"] == "10.0.0.1,::1,10.0.0.2")
        #expect(keywords["port"] == "1,1,2")
        #expect(keywords["options"]?.hasSuffix(" -c x=1") == true)
    }
}
