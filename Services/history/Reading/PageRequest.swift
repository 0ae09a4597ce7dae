import Schema

/// Which part of a room's history is asked for.
struct PageRequest: Hashable, Sendable {
    /// Where the page lies: below a seq (the newest page without one), or above one; never both.
    enum Place: Hashable, Sendable {
        case before(Int64?)
        case after(Int64)
    }

    let room: RoomID
    let place: Place
    let limit: Int
    /// Whether all kinds of the log are wanted, rather than messages alone.
    let hasAllKinds: Bool

    /// Makes a request of parameters in their textual form, as REST has them.
    ///
    /// - Throws: `.invalidField` with the parameter's name.
    init(room: RoomID, parameter: (String) -> String?) throws(SchemaError) {
        let fields = try ["before", "after", "limit"].map { name throws(SchemaError) -> Int64? in
            guard let text = parameter(name) else { return nil }
            guard let number = Int64(text) else { throw .invalidField(name) }
            return number
        }
        try self.init(
            room: room, before: fields[0], after: fields[1], limit: fields[2], types: parameter("types"))
    }

    /// Makes a request of the data of `rpc:history` `page`.
    init(_ data: JSONValue) throws(SchemaError) {
        guard let room = data["room"]?.text.flatMap(RoomID.init) else { throw .invalidField("room") }
        let fields = try ["before", "after", "limit"].map { name throws(SchemaError) -> Int64? in
            guard let value = data[name], !value.isNull else { return nil }
            guard let number = value.int else { throw .invalidField(name) }
            return number
        }
        try self.init(
            room: room, before: fields[0], after: fields[1], limit: fields[2], types: data["types"]?.text)
    }

    init(
        room: RoomID, before: Int64? = nil, after: Int64? = nil, limit: Int64? = nil, types: String? = nil
    ) throws(SchemaError) {
        let limit = limit ?? Int64(Limits.defaultHistoryPage)
        guard let limit = Int(exactly: limit), Limits.historyPage.contains(limit) else {
            throw .invalidField("limit")
        }
        guard (before ?? 0) >= 0 else { throw .invalidField("before") }
        // Where both are given, neither is at fault alone: the second is named.
        guard (after ?? 0) >= 0, before == nil || after == nil else { throw .invalidField("after") }
        guard types == nil || types == "all" else { throw .invalidField("types") }
        self.room = room
        self.limit = limit
        place = after.map(Place.after) ?? .before(before)
        hasAllKinds = types == "all"
    }
}
