import Bus
import Schema

/// `rpc:history`: what other services ask, for gateways' `get_history` above all.
struct PageQueries {
    let pages: Pages

    /// Answers one request.
    func answer(_ type: String, _ data: JSONValue) async throws(ErrorCode) -> [UInt8] {
        guard type == "page" else { throw .unknownType }
        let request: PageRequest
        do throws(SchemaError) {
            request = try PageRequest(data)
        } catch {
            throw error.code
        }
        return try await pages.page(request).json
    }
}
