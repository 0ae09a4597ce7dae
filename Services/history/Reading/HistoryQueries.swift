import Bus
import Postgres
import Schema

/// `rpc:history`: what other services ask, for gateways' `get_history` and `retry: true` above all.
struct HistoryQueries {
    let pages: Pages
    let archive: ArchivedLog

    /// Answers one request.
    func answer(_ type: String, _ data: JSONValue) async throws(ErrorCode) -> [UInt8] {
        switch type {
        case "page": try await page(data)
        case "find": try await find(data)
        default: throw .unknownType
        }
    }

    private func page(_ data: JSONValue) async throws(ErrorCode) -> [UInt8] {
        let request: PageRequest
        do throws(SchemaError) {
            request = try PageRequest(data)
        } catch {
            throw error.code
        }
        do throws(BusError) {
            return try await pages.page(request).json
        } catch {
            throw error.code
        }
    }

    /// Only the archive is asked: what is not stored yet is remembered by its room.
    private func find(_ data: JSONValue) async throws(ErrorCode) -> [UInt8] {
        guard let room = data["room"]?.text.flatMap(RoomID.init),
            let user = data["user"]?.text.flatMap(UserHandle.init),
            let key = data["client_msg_id"]?.text.flatMap(ClientMessageID.init)
        else { throw .invalidField }
        do throws(PostgresError) {
            guard let envelope = try await archive.envelope(of: room, from: user, key: key) else {
                return Array("{}".utf8)
            }
            return Array(#"{"envelope":"#.utf8) + envelope + Array("}".utf8)
        } catch {
            throw .historyUnavailable
        }
    }
}
