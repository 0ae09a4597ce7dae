/// A token taken apart: three parts of base64url (RFC 7515, section 7.1), nothing of it believed yet.
struct CompactToken {
    /// The most bytes a token may have; a header field of this length still passes common proxies.
    static let maxBytes = 8_192

    let header: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]
    /// What the signature covers: the first two parts as they were sent.
    let signingInput: [UInt8]

    init(_ token: some StringProtocol) throws(TokenError) {
        // The view is asked for one byte too many rather than counted, as counting may walk all of a huge text.
        let bytes = Array(token.utf8.prefix(Self.maxBytes + 1))
        guard bytes.count <= Self.maxBytes else { throw .invalid(.tooLarge) }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64URL.decode(parts[0]), !header.isEmpty,
            let payload = Base64URL.decode(parts[1]), !payload.isEmpty,
            let signature = Base64URL.decode(parts[2])
        else { throw .invalid(.malformed) }
        self.header = header
        self.payload = payload
        self.signature = signature
        signingInput = Array(bytes[..<parts[1].endIndex])
    }
}
