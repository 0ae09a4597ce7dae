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
            ("/ws?token=u", ["Authorization": "Basic abc"], .token("u")),
            ("/ws", ["Authorization": "Basic abc", "Sec-WebSocket-Protocol": "bearer.x"], .token("x")),
            ("/ws?ticket=t", ["Authorization": "Bearer abc"], .token("abc")),
            ("/ws?ticket=t", ["Authorization": "Bearer"], .malformed),
            ("/ws?ticket=t", ["Sec-WebSocket-Protocol": "chat.v1, bearer.x.y.z"], .token("x.y.z")),
            // A list may stand in several lines (RFC 6455, section 11.3.4).
            (
                "/ws", ["Sec-WebSocket-Protocol": "chat.v1", "sec-websocket-protocol": "bearer.x"],
                .token("x")
            ),
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
