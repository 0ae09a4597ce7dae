import Testing
import Web

@Suite struct TrustedProxiesTests {
    @Test(arguments: ["", "127.0.0.1", "10.0.0.0/8, ::1", "fc00::/7"]) func lists(text: String) {
        #expect(TrustedProxies(text) != nil)
    }

    @Test(arguments: ["localhost", "10.0.0.0/33", "10.0.0.0/-1", "::1/129", "10.0.0.0/x", "1.2.3"])
    func whatIsNoListIsRefused(text: String) {
        #expect(TrustedProxies(text) == nil)
    }

    @Test(arguments: [
        // Nobody is trusted: the peer it is.
        ("", "192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        // One proxy.
        ("127.0.0.0/8", "127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        // What a client wrote itself stands further left.
        ("127.0.0.0/8", "127.0.0.1", ["198.51.100.7", "203.0.113.9"], "203.0.113.9"),
        // Two proxies.
        ("127.0.0.1,10.1.0.0/16", "127.0.0.1", ["203.0.113.9", "10.1.2.3"], "203.0.113.9"),
        ("127.0.0.1,10.1.0.0/16", "127.0.0.1", ["203.0.113.9", "10.2.2.3"], "10.2.2.3"),
        // All of them proxies: the farthest.
        ("10.0.0.0/8", "10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        // Rubbish ends the belief.
        ("10.0.0.0/8", "10.0.0.1", ["unknown"], "10.0.0.1"), ("10.0.0.0/8", "10.0.0.1", [], "10.0.0.1"),
        ("fc00::/7,::1", "::1", ["fd00::2"], "fd00::2"),
        ("10.0.0.0/7", "::ffff:11.0.0.1", ["192.0.2.5"], "192.0.2.5"),
        // A port is left off, and each address has one text.
        ("10.0.0.0/8", "10.0.0.1", ["192.0.2.5:4711"], "192.0.2.5"),
        ("10.0.0.0/8", "10.0.0.1", ["[2001:db8::5]:4711"], "2001:db8::5"),
        ("10.0.0.0/8", "10.0.0.1", ["[2001:DB8:0::5]"], "2001:db8::5"),
        ("10.0.0.0/8", "10.0.0.1", ["2001:db8:0:0::5"], "2001:db8::5"),
        ("10.0.0.0/8", "10.0.0.1", ["::ffff:192.0.2.5"], "192.0.2.5"),
        ("10.0.0.0/8", "10.0.0.1", ["192.0.2.5", "::ffff:10.0.0.2"], "192.0.2.5"),
        ("10.0.0.0/8", "10.0.0.1", ["192.0.2.5", "10.0.0.2:80"], "192.0.2.5"),
        // What is no address is nobody's word, wherever it stands.
        ("10.0.0.0/8", "10.0.0.1", ["192.0.2.5", "_hidden"], "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", ["192.0.2.5:x"], "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", ["[192.0.2.5]"], "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", ["[::1"], "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", ["192.0.2.5:"], "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", ["192.0.2"], "10.0.0.1"),
        ("10.0.0.0/8", "10.0.0.1", ["fe80::1%eth0"], "10.0.0.1"),
    ])
    func theClientIsTheLastWhoIsNoProxy(
        trusted: String, peer: String, forwarded: [String], client: String
    ) throws {
        let proxies = try #require(TrustedProxies(trusted))
        #expect(proxies.client(peer: peer, forwarded: forwarded) == client)
    }

    @Test(arguments: [
        (["203.0.113.9"], "203.0.113.9"), (["198.51.100.7,203.0.113.9"], "203.0.113.9"),
        (["198.51.100.7", "203.0.113.9 , 10.0.0.2"], "203.0.113.9"), (["203.0.113.9,"], "203.0.113.9"),
        // A quote that a client opens does not hide what the proxy has added.
        (["\", 203.0.113.9"], "203.0.113.9"), (["\"", "203.0.113.9"], "203.0.113.9"),
        (["\"198.51.100.7\\\", 203.0.113.9"], "203.0.113.9"),
    ])
    func everyCommaOfTheFieldDivides(lines: [String], client: String) throws {
        let proxies = try #require(TrustedProxies("10.0.0.0/8"))
        var headers: Headers = [:]
        for line in lines { headers.add("X-Forwarded-For", line) }
        var request = try #require(Request(.get, "/", headers: headers))
        request.peerAddress = "10.0.0.1"
        #expect(proxies.client(of: request) == client)
    }
}
