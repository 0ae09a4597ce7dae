/// The name of an account, chosen once: `[a-z0-9][a-z0-9.-]{1,31}`.
public struct UserHandle: TextIdentifier {
    /// The handle as written on the wire.
    public let text: String

    /// Takes a text that has the form of a handle.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (2...32).contains(bytes.count), bytes.first?.isLowercaseLetterOrDigit == true else {
            return nil
        }
        guard bytes.allSatisfy({ $0.isLowercaseLetterOrDigit || $0 == 0x2E || $0 == 0x2D }) else {
            return nil
        }
        self.text = text
    }
}

extension UserHandle: Comparable {
    /// Orders by bytes: the order that names a direct room.
    public static func < (left: UserHandle, right: UserHandle) -> Bool { left.text < right.text }
}
