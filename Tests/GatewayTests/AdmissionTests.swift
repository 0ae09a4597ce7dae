import Schema
import Testing
import Web

@testable import ChatGateway

struct AdmissionTests {
    private func request(_ target: String = "/ws", _ headers: Headers = [:]) throws -> Request {
        try #require(Request(.get, target, headers: headers))
    }

    @Test(
        arguments: [
            ("/ws", ["Authorization": "Bearer abc"], Credentials.token("abc")),
            ("/ws", ["Authorization": "bearer  abc"], .token("abc")),
            ("/ws", ["Authorization": "Basic abc"], .malformed),
            ("/ws?ticket=t", ["Authorization": "Bearer abc"], .token("abc")),
            ("/ws?ticket=t", ["Sec-WebSocket-Protocol": "chat.v1, bearer.x.y.z"], .token("x.y.z")),
            ("/ws?ticket=t&token=u", [:], .ticket("t")),
            ("/ws?token=u", ["Sec-WebSocket-Protocol": "chat.v1"], .token("u")),
            ("/ws", [:], .none),
        ] as [(String, Headers, Credentials)])
    func theFirstThatIsShownCounts(target: String, headers: Headers, expected: Credentials) throws {
        #expect(Credentials(try request(target, headers), allowsQueryToken: true) == expected)
    }

    @Test func aTokenInTheAddressCanBeTurnedOff() throws {
        #expect(Credentials(try request("/ws?token=u"), allowsQueryToken: false) == .none)
    }

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

    @Test func theAddressNamesARoom() throws {
        let general = try #require(RoomID("general"))
        #expect(Arrival(try request("/ws"))?.room == nil)
        #expect(Arrival(try request("/ws/general"))?.room == .join(JoinRoom(room: general)))
        let since = try #require(LogPosition(parsing: "8h2k00:42"))
        #expect(
            Arrival(try request("/ws/general?since=8h2k00:42&recent=7"))?.room
                == .join(JoinRoom(room: general, since: since, recent: 7)))
        #expect(Arrival(try request("/ws/NO"))?.room == .impossible)
        #expect(Arrival(try request("/ws/general?recent=101"))?.room == .invalid(general, field: "recent"))
        #expect(Arrival(try request("/ws/general?since=8h2k00"))?.room == .invalid(general, field: "since"))
        #expect(Arrival(try request("/wsx")) == nil)
    }

    @Test(
        arguments: [
            ("/ws", nil),
            ("/ws?rejoin=false", nil),
            ("/ws?rejoin=true", .all(recent: 50)),
            ("/ws?rejoin=true&recent=0", .all(recent: 0)),
            ("/ws?rejoin=true&recent=101", .invalid(field: "recent")),
            ("/ws?rejoin=1", .invalid(field: "rejoin")),
            ("/ws/general?rejoin=true", nil),
        ] as [(String, Arrival.RejoinRequest?)])
    func theAddressAsksForTheRoomsOfTheSession(target: String, expected: Arrival.RejoinRequest?) throws {
        #expect(try #require(Arrival(try request(target))).rejoin == expected)
    }
}
