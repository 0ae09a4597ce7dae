/// Why bytes from outside were refused; it carries names of fields, never their content.
public enum SchemaError: Error, Hashable, Sendable {
    /// Not JSON, or not an object.
    case invalidJSON
    /// A field is absent, of the wrong type, out of range, or holds text that cannot be stored.
    case invalidField(String)
    /// A type that is not known, or is not a client's to send.
    case unknownType
    /// The content has more Unicode scalars than allowed.
    case contentTooLong
    /// A room id that no room can have.
    case noSuchRoom
    /// A handle that no account can have.
    case noSuchUser

    /// The wire's word for it.
    public var code: ErrorCode {
        switch self {
        case .invalidJSON: .invalidJSON
        case .invalidField: .invalidField
        case .unknownType: .unknownType
        case .contentTooLong: .contentTooLong
        case .noSuchRoom: .roomDenied
        case .noSuchUser: .userNotFound
        }
    }

    /// The field that `data.field` names, where it is a field's fault.
    public var field: String? {
        guard case .invalidField(let name) = self else { return nil }
        return name
    }
}
