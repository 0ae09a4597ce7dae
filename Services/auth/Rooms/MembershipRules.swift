import Schema

/// Who may change whose membership (protocol, 4.5).
struct MembershipRules: Hashable, Sendable {
    var visibility: Visibility
    /// The role of the one who asks; nil: not a member.
    var actor: RoomRole?
    /// Whether they ask about themselves.
    var isSelf: Bool
    /// The role of the one it is about; nil: not a member.
    var target: RoomRole?
    /// How many owners there are, where the target is one of them; two stand for any more.
    var owners: Int

    enum Decision: Hashable {
        case allow
        /// It is so already.
        case unchanged
        case refuse(ErrorCode)
    }

    /// Giving a role.
    func put(_ role: RoomRole) -> Decision {
        if let refusal { return .refuse(refusal) }
        guard actor != nil else { return isSelf && role == .member ? .allow : .refuse(.forbidden) }
        if target == role { return isSelf || mayManage ? .unchanged : .refuse(.forbidden) }
        if isSelf { return putSelf(role) }
        guard mayManage else { return .refuse(.forbidden) }
        if actor == .moderator, role == .owner || role == .moderator { return .refuse(.forbidden) }
        return losesLastOwner ? .refuse(.lastOwner) : .allow
    }

    /// Ending a membership.
    func delete() -> Decision {
        if let refusal { return .refuse(refusal) }
        guard target != nil else { return .refuse(mayManage || isSelf ? .memberNotFound : .forbidden) }
        guard isSelf || mayManage else { return .refuse(.forbidden) }
        return losesLastOwner ? .refuse(.lastOwner) : .allow
    }

    /// A role of one's own may be lowered.
    private func putSelf(_ role: RoomRole) -> Decision {
        guard let actor, role.rank < actor.rank else { return .refuse(.forbidden) }
        return losesLastOwner ? .refuse(.lastOwner) : .allow
    }

    /// For those outside, a private room is not there; the two of a direct room are fixed.
    private var refusal: ErrorCode? {
        if actor == nil, visibility != .public { return .roomNotFound }
        return visibility == .direct ? .forbidden : nil
    }

    /// Owners manage all; moderators manage members and guests, and those who are neither yet.
    private var mayManage: Bool {
        switch actor {
        case .owner: true
        case .moderator: target == nil || target == .member || target == .guest
        case .member, .guest, nil: false
        }
    }

    private var losesLastOwner: Bool { target == .owner && owners <= 1 }
}

extension RoomRole {
    fileprivate var rank: Int {
        switch self {
        case .owner: 3
        case .moderator: 2
        case .member: 1
        case .guest: 0
        }
    }
}
