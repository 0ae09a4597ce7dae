/// The members of a client frame's `data`, read by name and checked; `null` counts as absent.
struct FrameFields {
    private let data: FrameData
    private let defaultRoom: RoomID?

    init(_ data: FrameData, defaultRoom: RoomID?) {
        self.data = data
        self.defaultRoom = defaultRoom
    }

    /// The whole of `data`, which can be given back as it is.
    func whole() throws(SchemaError) -> JSONValue {
        guard data.isUsable else { throw .invalidField("data") }
        return data.value
    }

    /// The member of this name, if there is one; a `data` that is absent has none, and any other must be an object.
    func value(_ name: StaticString) throws(SchemaError) -> JSONValue? {
        guard data.isObject else { throw .invalidField("data") }
        guard let member = data[name] else { return nil }
        guard member.isUsable else { throw .invalidField(name.description) }
        guard !member.value.isNull else { return nil }
        return member.value
    }

    /// A member that may be absent, but not be something else than what the closure takes.
    func optional<T>(_ name: StaticString, _ take: (JSONValue) -> T?) throws(SchemaError) -> T? {
        guard let value = try value(name) else { return nil }
        guard let taken = take(value) else { throw .invalidField(name.description) }
        return taken
    }

    /// A member that must be there.
    func required<T>(_ name: StaticString, _ take: (JSONValue) -> T?) throws(SchemaError) -> T {
        guard let taken = try optional(name, take) else { throw .invalidField(name.description) }
        return taken
    }

    /// A text that must be there and say something.
    func text(_ name: StaticString) throws(SchemaError) -> String {
        try required(name) { value in value.text.flatMap { $0.isEmpty ? nil : $0 } }
    }

    /// A number within bounds, or its default.
    func int(_ name: StaticString, in bounds: ClosedRange<Int>, default standard: Int) throws(SchemaError)
        -> Int
    {
        try optional(name) { value in
            value.int.flatMap(Int.init(exactly:)).flatMap { bounds.contains($0) ? $0 : nil }
        } ?? standard
    }

    /// A sequence number, if there is one.
    func seq(_ name: StaticString) throws(SchemaError) -> Int64? {
        try optional(name) { value in value.int.flatMap { $0 >= 0 ? $0 : nil } }
    }

    /// The room, or that of the connection where the frame names none.
    func room() throws(SchemaError) -> RoomID {
        guard let room = try optionalRoom() ?? defaultRoom else { throw .invalidField("room") }
        return room
    }

    /// The room that the frame names; a name that no room can have is an unknown room.
    func optionalRoom() throws(SchemaError) -> RoomID? {
        guard let text = try optional("room", \.text) else { return nil }
        guard let room = RoomID(text) else { throw .noSuchRoom }
        return room
    }
}
