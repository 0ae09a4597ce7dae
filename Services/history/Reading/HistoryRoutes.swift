import Access
import Bus
import Schema
import Web

/// `GET /history/rooms/{room}/messages`, for members of the room.
struct HistoryRoutes {
    let callers: Callers
    let directory: RoomDirectory
    let pages: Pages
    let standings: Standings

    /// Adds the addresses to a table.
    func add(to routes: inout Routes) {
        routes.on(.get, "/history/rooms/{room}/messages") { request in try await messages(request) }
    }

    private func messages(_ request: Request) async throws -> Response {
        let caller = try callers.caller(of: request)
        let room = try request.room(for: caller)
        let asked: PageRequest
        do throws(SchemaError) {
            asked = try PageRequest(room: room, parameter: request.query)
        } catch {
            let field = error.field ?? ""
            throw Problem.invalid(field, isOutOfRange(field, request) ? "out_of_range" : "invalid")
        }
        let page = try await page(asked, for: caller)
        return .json(encoded: page.json, headers: ["Cache-Control": "private, no-store"])
    }

    /// Whether that is what is wrong with a refused parameter.
    ///
    /// A limit that is no number counts, as in other pages.
    private func isOutOfRange(_ field: String, _ request: Request) -> Bool {
        field == "limit" || request.query(field).flatMap { Int64($0) }.map { $0 < 0 } == true
    }

    /// Without Redis the archive answers for what it has.
    private func page(_ asked: PageRequest, for caller: Identity) async throws(Problem) -> HistoryPage {
        do throws(BusError) {
            try await directory.admit(caller, to: asked.room)
            return try await pages.page(asked)
        } catch {
            guard error.isOutage else { throw Problem(error) }
        }
        try await standings.requireMember(caller, of: asked.room)
        do throws(BusError) {
            return try await pages.archivedPage(asked)
        } catch {
            throw Problem(error)
        }
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
