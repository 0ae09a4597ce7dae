import Bus
import Schema

/// Makes accounts of those for whom only a shared-secret token vouches, once each.
final class Visitors {
    private static let mostRemembered = 50_000

    private let introductions: Introductions
    private let isOpen: Bool
    /// As whom each was noted last: what a token changes back is a change too.
    private var known: [UserHandle: Identity.Face] = [:]

    /// With signed tokens nobody comes who has no account.
    init(introductions: Introductions, isOpen: Bool) {
        self.introductions = introductions
        self.isOpen = isOpen
    }

    func seen(_ identity: Identity) async throws {
        guard isOpen, known[identity.user] != identity.face else { return }
        try await introductions.note(identity.face)
        if known.count >= Self.mostRemembered { known.removeAll() }
        known[identity.user] = identity.face
    }
}

extension Identity {
    /// What of an identity stands in an account.
    struct Face: Hashable, Sendable {
        let user: UserHandle
        let name: String
        let roles: [String]
    }

    fileprivate var face: Face { Face(user: user, name: name, roles: roles) }
}
