import Engine
import Redis
import Schema
import Support
import Testing

@testable import Bus

struct RoomInquiryTests {
    private static let reply = RedisReply.array(
        ["ok", "abcdefg", "7", "member", "public", "3", "5", "", "1", "4"].map { .bulk(Array($0.utf8)) })

    @Test func theAnswerMayComeBeforeItIsAskedFor() async throws {
        try await onLoop { _ in
            let inquiry = RoomInquiry()
            inquiry.answered(.success(Self.reply))
            let standing = try #require(await inquiry.standing)
            #expect(standing.newest.seq == 7)
            #expect(standing.role == "member")
            #expect(standing.online == 4)
        }
    }

    @Test func whoHasJoinedSinceIsAMemberInThatVersion() throws {
        let standing = try #require(RoomStanding(Self.reply))
        let joined = try #require(standing.as(Membership(role: "guest", mv: 4)))
        #expect(joined.role == "guest")
        #expect(joined.mv == 4)
        #expect(joined.newest == standing.newest)
        // Of who was one before Redis may know nothing yet; and a list that was set back is asked for.
        #expect(standing.as(Membership(role: "member", mv: nil)) == nil)
        #expect(standing.as(Membership(role: "member", mv: 2)) == nil)
    }

    @Test func theAnswerMayComeLater() async throws {
        try await onLoop { loop in
            let inquiry = RoomInquiry()
            loop.schedule(afterMilliseconds: 1) { inquiry.answered(.success(Self.reply)) }
            let standing = await inquiry.standing
            #expect(standing?.mv == 3)
        }
    }

    @Test(arguments: [
        Result<RedisReply, RedisError>.failure(.disconnected),
        .success(.array([.bulk(Array("unloaded".utf8))])), .success(.null),
    ]) func whatIsNoAnswerHasToBeAskedAnew(reply: Result<RedisReply, RedisError>) async throws {
        try await onLoop { _ in
            let inquiry = RoomInquiry()
            inquiry.answered(reply)
            let standing = await inquiry.standing
            #expect(standing == nil)
        }
    }
}
