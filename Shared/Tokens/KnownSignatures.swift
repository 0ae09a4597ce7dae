/// The tokens whose signatures were found good a while ago, so that whoever comes back with one is not verified anew.
///
/// What is remembered is the signature alone, by the SHA-256 of the whole token: its claims are read, and held to the
/// clock, each time. It holds for one set of keys. Bounded: when half of it is full, the older half is forgotten.
public struct KnownSignatures: Sendable {
    /// A SHA-256, hashed by its first bytes: nobody can choose them.
    private struct Fingerprint: Hashable {
        let words: (UInt64, UInt64, UInt64, UInt64)

        init(of token: String) {
            words = Digest.sha256(Array(token.utf8)).withUnsafeBytes {
                $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
            }
        }

        static func == (left: Self, right: Self) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
    }

    private var newer: Set<Fingerprint> = []
    private var older: Set<Fingerprint> = []
    private let half: Int
    /// The header that was read last: those of one issuer are all the same.
    private var lastHeader: (bytes: [UInt8], header: TokenHeader)?

    /// Makes an empty memory that holds at most so many, 64 bytes each.
    public init(limit: Int) { half = max(limit / 2, 1) }

    /// How many are remembered.
    public var count: Int { newer.count + older.count }

    /// Reads a header; the same one again is not read again.
    mutating func header(_ bytes: [UInt8]) throws(TokenError) -> TokenHeader {
        if let lastHeader, lastHeader.bytes == bytes { return lastHeader.header }
        let header = try TokenCoding.decode(TokenHeader.self, from: bytes, orElse: .malformed)
        lastHeader = (bytes, header)
        return header
    }

    /// Says whether a token's signature is known to be good, or is found so by `verify`, and remembers it then.
    mutating func accepts(_ token: String, _ verify: () -> Bool) -> Bool {
        let fingerprint = Fingerprint(of: token)
        guard !newer.contains(fingerprint) else { return true }
        guard older.remove(fingerprint) != nil || verify() else { return false }
        if newer.count >= half {
            older = newer
            newer = []
        }
        newer.insert(fingerprint)
        return true
    }
}
