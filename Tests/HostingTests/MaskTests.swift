import Testing

@testable import Hosting

@Suite struct MaskTests {
    @Test(arguments: [
        ("redis://127.0.0.1:8079", "redis://127.0.0.1:8079"),
        ("redis://:pw@host/0", "redis://:********@host/0"),
        ("postgres://u:p@h:8078/db?sslmode=require", "postgres://u:********@h:8078/db?sslmode=require"),
        ("postgres://u:p:q@r@h/db", "postgres://u:********@h/db"),
        ("postgres://u:p/q@h/db", "postgres://u:********@h/db"),
        ("postgres://u@h/db", "postgres://u@h/db"),
        ("postgres://h/db?user=u&password=p&a=b", "postgres://h/db?user=u&password=********&a=b"),
        ("redis://", "redis://"),
        ("no url: a@b", "no url: a@b"),
        ("", ""),
    ])
    func aURLLosesItsPasswordAndNothingElse(url: String, masked: String) {
        #expect(Mask.url(url) == masked)
    }

    @Test(arguments: [
        ("redis://u:pw@h:99999", "redis://u:********@h:99999"),
        ("redis://pw@h:1", "redis://********@h:1"),
        ("postgres//u:pw@h/db", "********@h/db"),
        (":pw@h:1", "********@h:1"),
        ("host=h password=p@q", "********"),
        ("host=h Password = pw", "********"),
        ("mysql://h/db?password=pw", "mysql://h/db?password=********"),
        ("8080x", "8080x"), ("-1", "-1"), ("", ""),
    ])
    func whatIsRefusedMayHoldAPasswordAnywhere(text: String, shown: String) {
        #expect(Mask.refused(text) == shown)
    }

    @Test func aSecretDescribesItselfAsTheMask() {
        let secret = Secret("hunter2")
        #expect("\(secret)" == "********")
        #expect(String(reflecting: secret) == "********")
        #expect(secret.value == "hunter2")
    }
}
