/// The words of which methods, field names and subprotocols consist; RFC 9110, 5.6.2.
enum Token {
    static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy(isTokenByte)
    }

    static func isTokenByte(_ byte: UInt8) -> Bool { ByteTable.token.contains(byte) }
}
