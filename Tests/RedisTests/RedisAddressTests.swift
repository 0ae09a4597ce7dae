import Engine
import Testing

@testable import Redis

@Suite struct RedisAddressTests {
    @Test(arguments: [
        ("redis://localhost", RedisAddress(host: "localhost")),
        ("REDIS://127.0.0.1:8079", RedisAddress(host: "127.0.0.1", port: 8079)),
        ("redis://127.0.0.1:8079/", RedisAddress(host: "127.0.0.1", port: 8079)),
        ("redis://h/3", RedisAddress(host: "h", database: 3)),
        ("redis://:secret@h", RedisAddress(host: "h", password: "secret")),
        (
            "redis://bob:p%40ss%2f@h:1/2",
            RedisAddress(host: "h", port: 1, user: "bob", password: "p@ss/", database: 2)
        ),
        ("redis://bob:p@ss@h", RedisAddress(host: "h", user: "bob", password: "p@ss")),
        ("redis://[::1]:7000", RedisAddress(host: "::1", port: 7000)),
        ("redis://[::1]", RedisAddress(host: "::1")),
    ])
    func reads(url: String, address: RedisAddress) throws {
        #expect(try RedisAddress(url: url) == address)
    }

    @Test(arguments: [
        "", "localhost:6379", "http://h", "redis://", "redis://:6379", "redis://h:0", "redis://h:65536",
        "redis://h:x",
        "redis://h/x", "redis://h/-1", "redis://bob@h", "redis://u:%zz@h", "redis://u:%ff@h",
        "redis://[::1]x",
        "redis://h?db=1", "redis+sentinel://h", "redis+cluster://h",
    ])
    func refuses(url: String) {
        #expect(throws: RedisError.self) { try RedisAddress(url: url) }
    }

    @Test func namesTheSchemeItCannotServe() {
        #expect(
            throws: RedisError.configuration(
                "Redis by redis+cluster:// is not supported by this version; use redis:// or rediss://")
        ) { try RedisAddress(url: "redis+cluster://u:secret@h") }
    }

    @Test func aSecondSMeansTLS() throws {
        let address = try RedisAddress(url: "rediss://bob:hush@h:1/2")
        #expect(address.tls != nil)
        #expect(address.description == "rediss://h:1/2")
        let others = try TLSClient.unverified()
        #expect(address.believing(others).tls == others)
        #expect(try RedisAddress(url: "redis://h").believing(others).tls == nil)
    }

    @Test func keepsItsPasswordToItself() throws {
        let address = try RedisAddress(url: "redis://bob:hush@h:1/2")
        var dumped = ""
        dump(address, to: &dumped)
        #expect("\(address) \(String(reflecting: address)) \(dumped)".contains("hush") == false)
        #expect(address.description == "redis://h:1/2")
    }
}
