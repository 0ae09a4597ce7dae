/// One numbered step of a schema's history.
///
/// Once released, its statements never change.
public struct Migration: Sendable {
    /// Its place in the order, from 1, rising.
    public let number: Int
    /// A word or two for people.
    public let name: String
    /// Run one after the other, in one transaction.
    public let statements: [String]

    /// A step with its statements, each without a second one behind a semicolon.
    public init(_ number: Int, _ name: String, _ statements: [String]) {
        self.number = number
        self.name = name
        self.statements = statements
    }

    /// Tells an edited migration from the one that was applied: FNV-1a, 64 bits, over all statements.
    var checksum: String {
        let text = statements.joined(separator: "\u{0}")
        return String(FNV1a.hash(text.utf8), radix: 16)
    }
}

/// A short hash for telling apart, not for security.
enum FNV1a {
    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { hash, byte in (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
}
