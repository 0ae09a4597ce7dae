/// The shared secret of HS256, long enough to be one (RFC 7518, section 3.2).
struct HMACSecret: Sendable {
    static let minimumBytes = 32

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) throws(TokenError) {
        guard bytes.count >= Self.minimumBytes else { throw .secretTooShort(minimum: Self.minimumBytes) }
        self.bytes = bytes
    }

    func code(of message: [UInt8]) throws(TokenError) -> [UInt8] {
        try Digest.hmacSHA256(message, key: bytes)
    }
}

extension HMACSecret: CustomStringConvertible, CustomReflectable {
    var description: String { "HMACSecret" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
