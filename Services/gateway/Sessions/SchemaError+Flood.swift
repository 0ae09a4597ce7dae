import Schema

extension SchemaError {
    /// Whether it is the kind of mistake that counts towards a flood: frames that no working client sends.
    var isMalformed: Bool {
        switch self {
        case .invalidJSON, .invalidField, .unknownType: true
        case .contentTooLong, .noSuchRoom, .noSuchUser: false
        }
    }
}
