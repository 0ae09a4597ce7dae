/// A client's frame as it stands in its text.
///
/// Of members with the same name the last one counts.
struct FrameText {
    /// The `id` as it was sent.
    struct ID {
        let value: JSONValue
        let range: Range<Int>
        let isUsable: Bool
    }

    /// The value of `type`.
    private(set) var type: JSONValue?
    /// The value of `id`.
    private(set) var id: ID?
    /// The value of `data`; one that is absent is `null`.
    private(set) var data = FrameData.other(.null, isUsable: true)

    /// Reads a text that holds an object.
    init(parsing bytes: UnsafeRawBufferPointer) throws(SchemaError) {
        var parser = JSONParser(bytes)
        try parser.document { parser throws(SchemaError) in
            guard parser.isAtObject else { throw .invalidJSON }
            try parser.object { parser, name throws(SchemaError) in try read(name, &parser) }
        }
    }

    private mutating func read(_ name: JSONName, _ parser: inout JSONParser) throws(SchemaError) {
        switch name {
        case "type": type = try parser.value()
        case "id":
            _ = parser.takeUsability()
            let start = parser.offset
            let value = try parser.value()
            id = ID(value: value, range: start..<parser.offset, isUsable: parser.takeUsability())
        case "data": data = try FrameData(&parser)
        default: _ = try parser.value()
        }
    }
}

/// What stands in a frame's `data`: the members of an object, in their order, or another value.
///
/// There are few of them, and each is asked for about once: to look through them costs less than to build a table.
enum FrameData {
    /// A member, and whether it can be stored and sent on as it is.
    struct Member {
        let name: JSONName
        let value: JSONValue
        let isUsable: Bool
    }

    /// An object; `areNamesUsable` tells whether all names can be sent on as they are.
    case members([Member], areNamesUsable: Bool)
    case other(JSONValue, isUsable: Bool)

    init(_ parser: inout JSONParser) throws(SchemaError) {
        _ = parser.takeUsability()
        guard parser.isAtObject else {
            let value = try parser.value()
            self = .other(value, isUsable: parser.takeUsability())
            return
        }
        var (members, areNamesUsable): ([Member], Bool) = ([], true)
        members.reserveCapacity(8)
        try parser.object { parser, name throws(SchemaError) in
            if !parser.takeUsability() { areNamesUsable = false }
            let value = try parser.value()
            members.append(Member(name: name, value: value, isUsable: parser.takeUsability()))
        }
        self = .members(members, areNamesUsable: areNamesUsable)
    }

    /// The member of this name, if this is an object that has it.
    subscript(name: StaticString) -> Member? {
        guard case .members(let members, _) = self else { return nil }
        return members.last { name ~= $0.name }
    }

    /// Whether it is an object, or nothing.
    var isObject: Bool {
        switch self {
        case .members: true
        case .other(let value, _): value.isNull
        }
    }

    /// Whether all of it can be sent on as it is.
    var isUsable: Bool {
        switch self {
        case .members(let members, let areNamesUsable): areNamesUsable && members.allSatisfy(\.isUsable)
        case .other(_, let isUsable): isUsable
        }
    }

    /// All of it.
    var value: JSONValue {
        switch self {
        case .members(let members, _):
            .object(Dictionary(members.map { ($0.name.text, $0.value) }) { _, last in last })
        case .other(let value, _): value
        }
    }
}
