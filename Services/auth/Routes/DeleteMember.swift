import Access
import Bus
import Web

/// Answers `DELETE /rooms/{room}/members/{user}`; one's own membership, too.
struct DeleteMember: Operation {
    let bearer: Bearer
    let membership: Membership

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        let room = try request.room(for: identity)
        try await membership.remove(try request.user, from: room, by: identity.user)
        return .noContent
    }
}
