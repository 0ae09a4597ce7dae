/// One life of a gateway: its id, `.`, and 8 characters that no other life of it has.
///
/// Whatever stands in the set of gateways is one: a name that is none of ours can hold no lease, so it is dead.
struct Incarnation: Hashable, Sendable {
    let text: String

    /// The gateway whose lease this life may hold.
    var gateway: String? {
        guard let point = text.lastIndex(of: "."), point != text.startIndex else { return nil }
        return String(text[..<point])
    }

    /// Those among `known` that no lease holds; `leases` are the holders by gateway.
    static func dead(among known: [Incarnation], leases: [String: String]) -> [Incarnation] {
        known.filter { !$0.isAlive(leases) }
    }

    /// Whether this is the life that holds its gateway's lease.
    func isAlive(_ leases: [String: String]) -> Bool {
        gateway.flatMap { leases[$0] } == text
    }
}
