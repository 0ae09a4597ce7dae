import Engine
import Redis
import Schema
import Support
import Testing

@testable import Bus

struct ControlEventTests {
    static let events: [ControlEvent] = [
        .keys, .limits, .reload,
        .revoked(Revocation(.session("s-1"), expires: 99)),
        .revoked(Revocation(.user(handle("alice"), before: 7), expires: 99)),
        .members([.init(room: room("general"), user: handle("bob"), role: "member", mv: 3)]),
        .members([.init(room: room("general"), user: handle("bob"), role: nil, mv: 4, reason: .removed)]),
        .members([
            .init(room: room("general"), user: handle("bob"), role: "member", mv: 5),
            .init(room: room("lounge"), user: handle("bob"), role: "guest", mv: 2),
        ]),
        .room(.init(room: room("general"), isDeleted: true)),
    ]

    @Test(arguments: events) func whatIsWrittenIsRead(event: ControlEvent) {
        #expect(ControlEvent(type: event.type, data: event.data) == event)
    }

    @Test(arguments: ["member", "members", "revoked", "room", "dance"]) func whatIsNotUnderstoodIsPassedOver(
        type: String
    ) {
        #expect(ControlEvent(type: type, data: ["user": 7]) == nil)
    }

    @Test func noEntryIsLarge() {
        let name = String(repeating: "n", count: 32)
        let longest = (0..<64).map {
            ControlEvent.MemberChange(
                room: room(String(repeating: "r", count: 64)), user: handle(name), role: "moderator",
                mv: .max - Int64($0), reason: .roomDeleted)
        }
        let parts = ControlEvent.members(longest).parts
        #expect(parts.allSatisfy { $0.data.encoded.count <= 2_048 })
        // All of them, in their order.
        let told = parts.flatMap { part -> [ControlEvent.MemberChange] in
            guard case .members(let changes)? = ControlEvent(type: part.type, data: part.data) else {
                return []
            }
            return changes
        }
        #expect(told == longest)
    }
}

struct RevocationTests {
    private let alice = Identity(
        user: handle("alice"), name: "Alice", roles: [], sessionID: "s-1", issuedAt: 100, expires: 1_000)

    @Test func aSessionIsRevokedByItsName() {
        var table = RevocationTable()
        table.insert(Revocation(.session("s-2"), expires: 500), now: 0)
        #expect(!table.covers(alice))
        table.insert(Revocation(.session("s-1"), expires: 500), now: 0)
        #expect(table.covers(alice))
        table.prune(now: 500)
        #expect(!table.covers(alice))
    }

    @Test func whatHasExpiredIsForgottenAsOthersCome() {
        var table = RevocationTable()
        for number in 0..<10_000 {
            let second = Int64(number)
            table.insert(Revocation(.session("s-\(number)"), expires: second + 10), now: second)
        }
        #expect(table.count < 2_048)
        #expect(!table.covers(alice))
    }

    @Test(arguments: [(100, false), (101, true)]) func aUserIsRevokedUpToASecond(before: Int64, covered: Bool)
    {
        var table = RevocationTable()
        table.insert(Revocation(.user(handle("alice"), before: before), expires: 500), now: 0)
        #expect(table.covers(alice) == covered)
        var other = alice
        other.user = handle("bob")
        #expect(!table.covers(other))
    }

    @Test func theFieldInRedisIsReadBack() {
        for scope in [Revocation.Scope.session("x"), .user(handle("alice"), before: 5)] {
            let revocation = Revocation(scope, expires: 9)
            #expect(Revocation(field: revocation.field.name, value: revocation.field.value) == revocation)
        }
        #expect(Revocation(field: "user:alice", value: "5") == nil)
    }
}

struct LimitPoliciesTests {
    @Test func theMostGenerousRoleCounts() {
        let standard = LimitPolicy(messages: 10, seconds: 60)
        let bot = LimitPolicy(messages: 100, seconds: 60)
        let policies = LimitPolicies(standard: standard, roles: ["bot": bot])
        #expect(policies.policy(for: []) == standard)
        #expect(policies.policy(for: ["member"]) == standard)
        #expect(policies.policy(for: ["member", "bot"]) == bot)
    }

    @Test(arguments: ["", "1", "1:0", "-1:5", "a:b", "1:2:3"]) func aDamagedPolicyIsNone(text: String) {
        #expect(LimitPolicy(text) == nil)
    }
}

struct ControlLogTests {
    @Test func manyChangesAreSeveralEntries() async throws {
        let changes = (1...25).map {
            ControlEvent.MemberChange(
                room: room("general"), user: handle("user-\($0)"), role: "member", mv: $0)
        }
        let told = try await onLoop { loop in
            let server = try RedisServer()
            let redis = RedisClient(loop: loop, address: try RedisAddress(url: server.url), name: "log")
            redis.start()
            let isConnected = await eventually(on: loop) { redis.isConnected }
            try #require(isConnected)
            loop.preconditionCurrent()
            try await ControlLog.append(.members(changes), to: redis)
            let entries = try await redis.call("XRANGE", .text(Keys.controlLog), "-", "+").array ?? []
            redis.close()
            return try entries.map { entry -> ControlEvent? in
                let data = try JSONValue(parsing: entry[1]["data"].bytes ?? [])
                return ControlEvent(type: entry[1]["type"].text ?? "", data: data)
            }
        }
        #expect(
            told == [
                .members(Array(changes[..<10])), .members(Array(changes[10..<20])),
                .members(Array(changes[20...])),
            ])
    }

    @Test(
        arguments: [
            (nil, "5-1", "5-1"), ("5-1", "9-0", "5-1"), ("5-1", "5-0", "5-0"), ("5-9", "5-10", "5-9"),
            ("10-0", "9-0", "9-0"), ("5-1", "0-0", "0-0"),
        ] as [(String?, String, String)])
    func aRunOfRedisThatKnowsWhatWeHeardIsReadOnFromThere(known: String?, newest: String, place: String) {
        #expect(ControlLog.place(known: known, newest: newest) == place)
    }
}
