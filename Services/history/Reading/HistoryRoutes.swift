import Bus
import Schema
import Web

/// `GET /history/rooms/{room}/messages`, for members of the room.
struct HistoryRoutes {
    let authority: Authority
    let directory: RoomDirectory
    let pages: Pages

    /// Adds the addresses to a table.
    func add(to routes: inout Routes) {
        routes.on(.get, "/history/rooms/{room}/messages") { request in try await messages(request) }
    }

    private func messages(_ request: Request) async throws -> Response {
        let identity = try identify(request)
        guard let room = RoomID(request.parameters["room"] ?? ""), identity.mayEnter(room) else {
            throw Problem(.roomNotFound)
        }
        let asked: PageRequest
        do throws(SchemaError) {
            asked = try PageRequest(room: room, parameter: request.query)
        } catch {
            throw Problem.invalidFields([FieldError(error.field ?? "", "invalid")])
        }
        try await requireMembership(identity, room)
        do throws(ErrorCode) {
            let page = try await pages.page(asked)
            return .json(encoded: page.json, headers: ["Cache-Control": "private, no-store"])
        } catch {
            throw Problem(error)
        }
    }

    private func identify(_ request: Request) throws(Problem) -> Identity {
        guard let token = HistoryRoutes.bearer(request.headers["Authorization"]) else {
            throw Problem(AuthenticationFailure.missing)
        }
        switch authority.identity(of: token) {
        case .success(let identity): return identity
        case .failure(let failure): throw Problem(failure)
        }
    }

    /// Outsiders learn nothing: a room they are not in, a public one too, is one that is not there.
    private func requireMembership(_ identity: Identity, _ room: RoomID) async throws(Problem) {
        do throws(BusError) {
            let standing = try await directory.standing(of: identity.user, in: room)
            guard standing.role != nil else { throw .refused(.roomDenied) }
        } catch .refused(.roomDenied), .refused(.userNotFound) {
            throw Problem(.roomNotFound)
        } catch {
            throw Problem(error.code)
        }
    }

    /// The token of `Bearer TOKEN`; the scheme in any case (RFC 9110, 11.1).
    static func bearer(_ field: String?) -> Substring? {
        guard let parts = field?.split(separator: " "), parts.count == 2,
            parts[0].lowercased() == "bearer"
        else { return nil }
        return parts[1]
    }
}

extension HistoryPage {
    /// The body of a REST answer, and of an answer on the bus.
    var json: [UInt8] {
        var writer = JSONWriter(reserving: messages.reduce(128) { $0 + $1.count + 1 })
        writer.object { write(to: &$0) }
        return writer.bytes
    }
}
