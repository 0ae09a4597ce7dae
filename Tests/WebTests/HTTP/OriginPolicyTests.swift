import Testing
import Web

@Suite struct OriginPolicyTests {
    @Test(
        arguments: [
            ([], nil, "chat.example", true),
            ([], "https://chat.example", "chat.example", true),
            ([], "http://chat.example:8000", "chat.example:8000", true),
            ([], "http://chat.example", "chat.example:80", true),
            ([], "https://chat.example.evil", "chat.example", false),
            ([], "https://evil", "chat.example", false),
            ([], "null", "chat.example", false),
            ([], "https://chat.example:443", "chat.example", true),
            ([], "http://chat.example:443", "chat.example", false),
            ([], "http://chat.example", "CHAT.example:80", true),
            ([], "http://chat.example.", "chat.example", false),
            ([], "http://u@chat.example", "chat.example", false),
            ([], "http://chat.example/", "chat.example", false),
            ([], "http://[::1]:8000", "[::1]:8000", true),
            ([], "http://[::1]", "[::1]", true),
            ([], "ws://chat.example", "chat.example", false),
            ([], "", "chat.example", false),
            ([], "http://", "", false),
            (["https://app.example"], "https://APP.example:443", "chat.example", true),
            (["https://App.Example:443"], "https://app.example", "chat.example", true),
            (["https://app.example"], "https://app.example:8443", "chat.example", false),
            (["https://app.example"], "https://app.example.", "chat.example", false),
            (["https://app.example"], "https://app.example:443@evil", "chat.example", false),
            (["https://app.example"], "https://app.example https://evil", "chat.example", false),
            (["https://app.example"], "null", "chat.example", false),
            (["https://app.example"], "https://app.example", "chat.example", true),
            (["https://app.example"], "https://app.example.evil", "chat.example", false),
            (["https://app.example"], "http://app.example", "chat.example", false),
            (["*"], "https://evil", "chat.example", true),
        ] as [([String], String?, String, Bool)])
    func originsMatchWhole(list: [String], origin: String?, host: String, allowed: Bool) {
        #expect(
            OriginPolicy(list).allows(origins: origin.map { [$0] } ?? [], host: host) == allowed)
    }

    @Test func twoOriginsAreNone() {
        let same = ["https://app.example", "https://app.example"]
        #expect(!OriginPolicy(["https://app.example"]).allows(origins: same, host: "app.example"))
    }
}
