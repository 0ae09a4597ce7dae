/// The name of a member as it stands in a JSON text, good as long as the text is.
///
/// Names are only compared, nearly always: no string is made of them.
enum JSONName {
    /// ASCII without escapes: bytes of the text itself.
    case plain(UnsafeRawBufferPointer)
    case read(String)

    /// The name as a string of its own.
    var text: String {
        switch self {
        case .plain(let bytes): String(decoding: bytes, as: UTF8.self)
        case .read(let text): text
        }
    }

    /// Whether it is this name of ours.
    static func ~= (expected: StaticString, name: JSONName) -> Bool {
        switch name {
        case .plain(let bytes):
            expected.utf8CodeUnitCount == bytes.count && bytes.begins(with: expected)
        case .read(let text): text == expected.description
        }
    }
}
