import Bus
import Postgres
import Schema
import Web

/// Answers `POST /rooms`: the caller becomes the owner.
struct CreateRoom: Operation {
    let bearer: Bearer
    let changes: RoomChanges
    let rooms: PostgresRooms

    private struct Body: Decodable {
        let id: String?
        let name: String
        let visibility: String
    }

    func answer(_ request: Request) async throws -> Response {
        let identity = try await bearer.identity(of: request)
        try changes.begin(by: identity)
        let body = try request.json(Body.self)
        let visibility = Visibility(rawValue: body.visibility)
        var problems = AccountRules.problems(ofName: body.name, within: RoomNaming.nameLength)
        if visibility != .public, visibility != .private {
            problems.append(FieldError("visibility", "invalid"))
        }
        let wanted = body.id.flatMap(RoomID.init)
        if body.id != nil, wanted?.isDirect ?? true { problems.append(FieldError("id", "invalid")) }
        guard let visibility, problems.isEmpty else { throw Problem.invalidFields(problems) }

        let candidates = if let wanted { [wanted] } else { try RoomNaming.candidates(for: body.name) }
        for room in candidates {
            guard identity.mayEnter(room) else { throw ErrorCode.forbidden }
            guard let view = try await insert(room, body.name, visibility, for: identity) else { continue }
            return .json(view, status: .created, headers: ["Location": "/rooms/\(room)"])
        }
        throw ErrorCode.roomExists
    }

    private func insert(
        _ room: RoomID, _ name: String, _ visibility: Visibility, for owner: Identity
    ) async throws -> RoomView? {
        do throws(PostgresError) {
            return try await rooms.insert(room, name: name, visibility: visibility, owner: owner.user)
        } catch {
            // The token is signed well, and its account is gone.
            throw error.isForeignKeyViolation ? ErrorCode.tokenInvalid : error
        }
    }
}
