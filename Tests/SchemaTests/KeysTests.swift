import Schema
import Testing

@Suite("Every key is spelt as the other services, functions and operators expect")
struct KeysTests {
    @Test func rooms() throws {
        let room = try #require(RoomID("general"))
        let base = "{\(room.partition.tag)}:room:general"
        #expect(Keys.room(room) == base)
        #expect(Keys.members(room) == "\(base):members")
        #expect(Keys.online(room) == "\(base):online")
        #expect(Keys.recent(room) == "\(base):recent")
        #expect(Keys.seen(room) == ["\(base):seen:0", "\(base):seen:1"])
        #expect(Keys.roomChannel(room) == base)
    }

    @Test func partitions() throws {
        let partition = try #require(Partition(0))
        let tag = "{\(partition.tag)}"
        #expect(Keys.unstored(partition) == "\(tag):unstored")
        #expect(Keys.unstoredBytes(partition) == "\(tag):unstored:bytes")
        #expect(Keys.logLease(partition) == "\(tag):log:lease")
        #expect(Keys.logDead(partition) == "\(tag):log:dead")
        #expect(Keys.storedChannel(partition) == "\(tag):stored")
    }

    @Test func users() throws {
        let alice = try #require(UserHandle("alice"))
        #expect(Keys.userChannel(alice) == "{u:alice}")
        #expect(Keys.session(alice, "S1") == "{u:alice}:s:S1")
        #expect(Keys.devices(alice) == "{u:alice}:devices")
        #expect(Keys.limit(alice) == "{u:alice}:units")
        #expect(Keys.profile(alice) == "{u:alice}:profile")
        #expect(Keys.presence(alice) == "presence:user:alice")
    }

    @Test func theRest() {
        #expect(Keys.gateways == "gateways")
        #expect(Keys.gateway("gateway-1") == "gw:gateway-1")
        #expect(Keys.gatewayUsers("i1") == "gw:i1:users")
        #expect(Keys.gatewayRooms("i1") == "gw:i1:rooms")
        #expect(Keys.controlLog == "control:log")
        #expect(Keys.rpc("auth") == "rpc:auth")
        #expect(Keys.reply("i1") == "reply:i1")
        #expect(Keys.alive("history") == "alive:history")
        #expect(Keys.answering("history") == "answering:history")
        #expect(Keys.authKeys == "auth:keys")
        #expect(Keys.authRevoked == "auth:revoked")
        #expect(Keys.ticket(sha256: "ab") == "ticket:ab")
        #expect(Keys.limitsPolicies == "limits:policies")
    }
}
