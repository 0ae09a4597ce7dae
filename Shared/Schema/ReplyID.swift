/// The `id` of a client's frame, a string or a number, kept as it was sent: `1.0` goes back as `1.0`.
public struct ReplyID: Hashable, Sendable {
    /// The JSON text of the value.
    public let json: [UInt8]

    init(verbatim json: [UInt8]) {
        self.json = json
    }
}
