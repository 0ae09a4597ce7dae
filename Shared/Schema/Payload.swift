/// What stands in the `data` of one type of envelope or frame.
public protocol Payload: Sendable {
    /// The type it belongs to.
    var type: EventType { get }

    /// Writes the members of `data`, in the order of the protocol's table.
    func write(to data: inout JSONWriter)
}

/// A type that says all there is to say: `data` is empty.
public struct Bare: Payload {
    /// The type.
    public let type: EventType

    /// An empty payload of this type.
    public init(_ type: EventType) {
        self.type = type
    }

    /// Writes nothing.
    public func write(to data: inout JSONWriter) {}
}
