import Schema
import Testing
import Tokens

@testable import ChatAuth

@Suite struct RotationTests {
    private let stamp = AccessStamp(jti: "j", issued: 100, expires: 1_000)

    private func token(
        rotated: Int64? = nil, isChildUsed: Bool = false, isRevoked: Bool = false, expires: Int64 = 5_000
    ) throws -> StoredRefreshToken {
        let alice = try #require(UserHandle("alice"))
        let exchange = rotated.map {
            StoredRefreshToken.Exchange(milliseconds: $0, stamp: stamp, isChildUsed: isChildUsed)
        }
        return StoredRefreshToken(
            account: Account(user: alice, name: "Alice", roles: []), sessionID: "s", sessionSecret: [],
            isSessionRevoked: isRevoked, expires: expires, exchange: exchange)
    }

    @Test func aFreshTokenIsExchanged() throws {
        #expect(Rotation.decide(try token(), nowMilliseconds: 1_000_000) == .exchange)
    }

    @Test func theSecondTabGetsTheSameAnswerForTenSeconds() throws {
        let token = try token(rotated: 1_000_000)
        #expect(Rotation.decide(token, nowMilliseconds: 1_010_000) == .repeated(stamp))
        #expect(Rotation.decide(token, nowMilliseconds: 1_010_001) == .reuse)
    }

    @Test func onlyTheImmediateParentIsForgiven() throws {
        let grandparent = try token(rotated: 1_000_000, isChildUsed: true)
        #expect(Rotation.decide(grandparent, nowMilliseconds: 1_000_001) == .reuse)
    }

    @Test func whatIsTooOldOrRevokedIsRefused() throws {
        #expect(Rotation.decide(try token(expires: 1_000), nowMilliseconds: 1_000_000) == .expired)
        #expect(Rotation.decide(try token(isRevoked: true), nowMilliseconds: 1) == .revoked)
        let used = try token(rotated: 1, isRevoked: true)
        #expect(Rotation.decide(used, nowMilliseconds: 2) == .revoked)
    }

    @Test func aChildFollowsFromTokenAndSecret() throws {
        let token = try RefreshToken.random()
        let secret = try SecureRandom.bytes(32)
        let child = try token.child(secret: secret)
        let (again, other) = (try token.child(secret: secret), try SecureRandom.bytes(32))
        #expect(again == child)
        let stranger = try token.child(secret: other)
        #expect(stranger != child)
        #expect(child != token)
        #expect(RefreshToken(child.text) == child)
    }

    @Test(arguments: ["", "abc", "not base64!", String(repeating: "A", count: 44)])
    func whatIsNoTokenIsNotRead(text: String) {
        #expect(RefreshToken(text) == nil)
    }
}
