/// A value that must not be printed: its description is a mask.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The secret itself; hand it to what needs it, and to nothing that prints.
    public let value: String

    /// Wraps a secret text.
    public init(_ value: String) {
        self.value = value
    }

    /// Always the mask.
    public var description: String { Mask.text }

    /// Always the mask.
    public var debugDescription: String { Mask.text }
}
