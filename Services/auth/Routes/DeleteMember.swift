import Access
import Bus
import Web

/// Answers `DELETE /rooms/{room}/members/{user}`; one's own membership, too.
struct DeleteMember: Operation {
    let bearer: Bearer
    let changes: RoomChanges
    let membership: Membership

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        try changes.begin(by: identity)
        let room = try request.room(for: identity)
        try await membership.remove(try request.user, from: room, by: identity.user)
        return .noContent
    }
}
