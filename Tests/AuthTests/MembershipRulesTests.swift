import Schema
import Testing

@testable import ChatAuth

@Suite struct MembershipRulesTests {
    private func rules(
        _ visibility: Visibility = .public, actor: RoomRole?, target: RoomRole?, isSelf: Bool = false,
        owners: Int = 1
    ) -> MembershipRules {
        MembershipRules(visibility: visibility, actor: actor, isSelf: isSelf, target: target, owners: owners)
    }

    @Test(arguments: [
        // An owner does everything.
        (RoomRole.owner, RoomRole?.none, RoomRole.owner, MembershipRules.Decision.allow),
        (.owner, .member, .moderator, .allow), (.owner, .moderator, .guest, .allow),
        // A moderator manages members and guests, and makes no others.
        (.moderator, nil, .member, .allow), (.moderator, .guest, .member, .allow),
        (.moderator, .member, .guest, .allow), (.moderator, .member, .moderator, .refuse(.forbidden)),
        (.moderator, nil, .owner, .refuse(.forbidden)), (.moderator, .owner, .member, .refuse(.forbidden)),
        (.moderator, .moderator, .member, .refuse(.forbidden)),
        // Members and guests manage nobody.
        (.member, nil, .member, .refuse(.forbidden)), (.guest, .guest, .member, .refuse(.forbidden)),
        (.member, .member, .member, .refuse(.forbidden)),
        // What is so already stays so.
        (.owner, .member, .member, .unchanged), (.moderator, .guest, .guest, .unchanged),
    ])
    func givingARole(
        actor: RoomRole, target: RoomRole?, role: RoomRole, expected: MembershipRules.Decision
    ) {
        #expect(rules(actor: actor, target: target, owners: 2).put(role) == expected)
    }

    @Test(arguments: [
        (RoomRole.owner, RoomRole?.some(.owner), MembershipRules.Decision.allow), (.owner, .guest, .allow),
        (.owner, nil, .refuse(.memberNotFound)), (.moderator, .member, .allow), (.moderator, .guest, .allow),
        (.moderator, .moderator, .refuse(.forbidden)), (.moderator, .owner, .refuse(.forbidden)),
        (.member, .guest, .refuse(.forbidden)), (.member, nil, .refuse(.forbidden)),
        (.guest, .member, .refuse(.forbidden)),
    ])
    func removing(actor: RoomRole, target: RoomRole?, expected: MembershipRules.Decision) {
        #expect(rules(actor: actor, target: target, owners: 2).delete() == expected)
    }

    @Test func anybodyJoinsAnOpenRoomAsMember() {
        let outside = rules(actor: nil, target: nil, isSelf: true)
        #expect(outside.put(.member) == .allow)
        #expect(outside.put(.owner) == .refuse(.forbidden))
        #expect(rules(actor: nil, target: nil).put(.member) == .refuse(.forbidden))
    }

    @Test func aPrivateRoomIsNotThereForThoseOutside() {
        let outside = rules(.private, actor: nil, target: nil, isSelf: true)
        #expect(outside.put(.member) == .refuse(.roomNotFound))
        #expect(outside.delete() == .refuse(.roomNotFound))
        #expect(rules(.private, actor: nil, target: .owner).delete() == .refuse(.roomNotFound))
    }

    @Test func theTwoOfADirectRoomAreFixed() {
        #expect(rules(.direct, actor: .member, target: .member, isSelf: true).delete() == .refuse(.forbidden))
        #expect(rules(.direct, actor: .member, target: nil).put(.member) == .refuse(.forbidden))
        #expect(rules(.direct, actor: nil, target: nil).put(.member) == .refuse(.roomNotFound))
    }

    @Test(arguments: [RoomRole.moderator, .member, .guest])
    func everybodyButTheLastOwnerMayLeave(role: RoomRole) {
        #expect(rules(.private, actor: role, target: role, isSelf: true).delete() == .allow)
        let owner = rules(actor: .owner, target: .owner, isSelf: true, owners: 1)
        #expect(owner.delete() == .refuse(.lastOwner))
        #expect(owner.put(role) == .refuse(.lastOwner))
        #expect(rules(actor: .owner, target: .owner, isSelf: true, owners: 2).delete() == .allow)
    }

    @Test func nobodyRaisesThemselves() {
        #expect(rules(actor: .member, target: .member, isSelf: true).put(.owner) == .refuse(.forbidden))
        #expect(rules(actor: .moderator, target: .moderator, isSelf: true).put(.owner) == .refuse(.forbidden))
        #expect(rules(actor: .moderator, target: .moderator, isSelf: true).put(.member) == .allow)
        #expect(rules(actor: .member, target: .member, isSelf: true).put(.member) == .unchanged)
    }
}
