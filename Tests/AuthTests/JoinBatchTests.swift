import Bus
import Schema
import Testing

@testable import ChatAuth

/// Who of many becomes a member, and what each is answered.
@Suite struct JoinBatchTests {
    private let rooms: [RoomID: JoinBatch.Room]
    private let standings: [JoinBatch.Request: JoinBatch.Standing]

    private static func request(_ room: String, _ user: String) throws -> JoinBatch.Request {
        JoinBatch.Request(room: try #require(RoomID(room)), user: try #require(UserHandle(user)))
    }

    init() throws {
        rooms = [
            try #require(RoomID("open")): .init(visibility: .public, mv: 7),
            try #require(RoomID("wide")): .init(visibility: .public, mv: 1),
            try #require(RoomID("closed")): .init(visibility: .private, mv: 3),
        ]
        var standings: [JoinBatch.Request: JoinBatch.Standing] = [:]
        for user in ["alice", "bob", "carol"] {
            for room in ["open", "wide", "closed", "nowhere"] {
                standings[try Self.request(room, user)] = .init(role: nil, hasAccount: true)
            }
        }
        standings[try Self.request("open", "carol")] = .init(role: .owner, hasAccount: true)
        standings[try Self.request("closed", "carol")] = .init(role: .guest, hasAccount: true)
        standings[try Self.request("open", "ghost")] = .init(role: nil, hasAccount: false)
        standings[try Self.request("closed", "ghost")] = .init(role: nil, hasAccount: false)
        self.standings = standings
    }

    private func batch(_ asked: [(String, String)]) throws -> JoinBatch {
        JoinBatch(try asked.map { try Self.request($0.0, $0.1) }, rooms: rooms, standings: standings)
    }

    @Test func thoseOfARoomGetItsNextVersionsAndAllSeeTheLast() throws {
        let batch = try batch([("open", "alice"), ("wide", "alice"), ("open", "bob")])
        #expect(batch.outcomes == [.joined(mv: 9), .joined(mv: 2), .joined(mv: 9)])
        #expect(
            batch.changes.map { "\($0.room) \($0.user) \($0.mv)" } == [
                "open alice 8", "wide alice 2", "open bob 9",
            ])
        #expect(batch.changes.allSatisfy { $0.role == "member" && $0.reason == nil })
        #expect(Set(batch.versions.map { "\($0.key) \($0.value)" }) == ["open 9", "wide 2"])
    }

    @Test func whoIsThereStaysAsTheyAre() throws {
        let batch = try batch([("open", "carol"), ("closed", "carol")])
        #expect(batch.outcomes == [.member(.owner), .member(.guest)])
        #expect(batch.changes.isEmpty && batch.versions.isEmpty)
    }

    @Test func whoAsksTwiceJoinsOnce() throws {
        let batch = try batch([("open", "alice"), ("open", "alice"), ("open", "bob")])
        #expect(batch.outcomes == [.joined(mv: 9), .joined(mv: 9), .joined(mv: 9)])
        #expect(batch.changes.map(\.mv) == [8, 9])
    }

    @Test func whoIsRefusedRefusesNobodyElse() throws {
        let batch = try batch([
            ("closed", "alice"), ("nowhere", "bob"), ("open", "ghost"), ("closed", "ghost"), ("open", "bob"),
        ])
        #expect(
            batch.outcomes == [
                .refused(.roomDenied), .refused(.roomDenied), .refused(.userNotFound), .refused(.roomDenied),
                .joined(mv: 8),
            ])
        #expect(batch.changes.count == 1)
    }
}

/// What Redis takes of changes at once.
@Suite struct MemberStretchTests {
    private func change(_ room: String, _ user: String, _ mv: Int64, role: String? = "member") throws
        -> ControlEvent.MemberChange
    {
        .init(room: try #require(RoomID(room)), user: try #require(UserHandle(user)), role: role, mv: mv)
    }

    @Test func whatFollowsGoesTogether() throws {
        let stretches = MemberStretch.all(of: [
            try change("a", "alice", 2), try change("b", "bob", 7), try change("a", "bob", 3, role: nil),
            try change("a", "carol", 5), try change("a", "dave", 6),
        ])
        let told = stretches.map { stretch in
            "\(stretch.room) \(stretch.first) "
                + stretch.members.map { "\($0.user)\($0.role == nil ? "-" : "+")" }
                .joined()
        }
        #expect(told == ["a 2 alice+bob-", "b 7 bob+", "a 5 carol+dave+"])
    }
}
