/// One entry of a Redis stream.
public struct StreamEntry: Sendable, Hashable {
    /// The entry's id, `MILLISECONDS-NUMBER`.
    public let id: String
    /// Names and values, in the order in which they were added.
    public let fields: [(name: String, value: [UInt8])]

    /// Makes an entry of its parts.
    public init(id: String, fields: [(name: String, value: [UInt8])]) {
        self.id = id
        self.fields = fields
    }

    /// The bytes of a field.
    public subscript(name: String) -> [UInt8]? {
        fields.first { $0.name == name }?.value
    }

    /// A field as text, where it is UTF-8.
    public func text(_ name: String) -> String? {
        self[name].flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Entries are the same where ids and fields are.
    public static func == (one: StreamEntry, other: StreamEntry) -> Bool {
        one.id == other.id && one.fields.elementsEqual(other.fields, by: ==)
    }

    /// Feeds the id alone: entries of one stream differ by it.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }
}

extension StreamEntry {
    /// Reads one element of the answer to `XRANGE` or `XREAD`.
    public init?(_ reply: RedisReply) {
        guard let id = reply[0].text else { return nil }
        // An entry deleted while it was pending has a null in place of its fields.
        let flat = reply[1].array ?? []
        guard flat.count.isMultiple(of: 2) else { return nil }
        var fields: [(name: String, value: [UInt8])] = []
        fields.reserveCapacity(flat.count / 2)
        for index in stride(from: 0, to: flat.count, by: 2) {
            guard let name = flat[index].text, let value = flat[index + 1].bytes else { return nil }
            fields.append((name, value))
        }
        self.init(id: id, fields: fields)
    }

    /// Reads the answer to `XRANGE`, or nil where it is something else.
    public static func list(_ reply: RedisReply) -> [StreamEntry]? {
        guard let elements = reply.array else { return nil }
        let entries = elements.compactMap(StreamEntry.init)
        return entries.count == elements.count ? entries : nil
    }

    /// Reads the answer to `XREAD` and `XREADGROUP`, stream by stream; a null means that nothing came.
    static func lists(_ reply: RedisReply) -> [(stream: String, entries: [StreamEntry])]? {
        guard !reply.isNull else { return [] }
        guard let elements = reply.array else { return nil }
        var lists: [(stream: String, entries: [StreamEntry])] = []
        for element in elements {
            guard let stream = element[0].text, let entries = list(element[1]) else { return nil }
            lists.append((stream, entries))
        }
        return lists
    }
}
