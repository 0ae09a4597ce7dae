/// The name of a room: `[a-z0-9][a-z0-9-]{0,63}`, or `dm:{min}_{max}` for a direct conversation.
public struct RoomID: TextIdentifier {
    private static let directPrefix = "dm:"

    /// The id as written on the wire.
    public let text: String

    /// Takes a text that has the form of a room's id; the two of a direct room must stand in order.
    public init?(_ text: String) {
        let isRoom =
            Self.isDirect(text) ? Self.split(direct: text) != nil : Self.isPlain(text)
        guard isRoom else { return nil }
        self.text = text
    }

    private init(unchecked text: String) {
        self.text = text
    }

    /// Names the direct conversation of two people, the same whoever writes first.
    public static func direct(_ one: UserHandle, _ other: UserHandle) -> RoomID {
        RoomID(unchecked: "\(directPrefix)\(min(one, other))_\(max(one, other))")
    }

    /// Whether this is a direct conversation.
    public var isDirect: Bool { Self.isDirect(text) }

    private static func isDirect(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { UnsafeRawBufferPointer($0).begins(with: "dm:") }
    }

    /// The two people of a direct conversation, in order; nil for any other room.
    public var directMembers: (UserHandle, UserHandle)? { isDirect ? Self.split(direct: text) : nil }

    /// Whether this user can be in the room at all: a direct one has its two and nobody else.
    public func admits(_ user: UserHandle) -> Bool {
        guard let (one, other) = directMembers else { return !isDirect }
        return user == one || user == other
    }

    /// The partition that holds all of this room's keys.
    public var partition: Partition { Partition(of: self) }

    private static func isPlain(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), text.utf8.first?.isLowercaseLetterOrDigit == true else {
            return false
        }
        return text.isEachByte { $0.isLowercaseLetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    /// A handle has no `_`, so the first one parts the two names.
    private static func split(direct text: String) -> (UserHandle, UserHandle)? {
        let names = text.dropFirst(directPrefix.count)
        guard let bar = names.firstIndex(of: "_"),
            let low = UserHandle(String(names[..<bar])),
            let high = UserHandle(String(names[names.index(after: bar)...])),
            low <= high
        else { return nil }
        return (low, high)
    }
}
