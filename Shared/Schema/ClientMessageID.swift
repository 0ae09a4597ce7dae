/// A client's own key for one send: 1–64 printable ASCII characters, unique per room and user.
public struct ClientMessageID: TextIdentifier {
    /// The key as the client wrote it.
    public let text: String

    /// Takes a text that has the form of a key.
    public init?(_ text: String) {
        guard (1...64).contains(text.utf8.count), text.isEachByte(\.isPrintableASCII) else { return nil }
        self.text = text
    }
}
