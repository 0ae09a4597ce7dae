import FoundationEssentials

/// The public keys of an issuer (a JWK Set, RFC 7517, section 5).
///
/// Reading passes over keys we cannot verify with, as that section advises: an issuer may add kinds we do not know.
public struct KeySet: Hashable, Sendable {
    /// The keys, in the order of the issuer.
    public var keys: [JWK]

    /// Makes a set of these keys.
    public init(keys: [JWK] = []) {
        self.keys = keys
    }

    /// Reads the text of a `jwks.json`, in which no member may be named twice (RFC 7517, section 4).
    public init(json: some Collection<UInt8>) throws(TokenError) {
        do {
            try StrictJSON.check(Array(json))
            self = try JSONDecoder().decode(KeySet.self, from: Data(json))
        } catch {
            throw .unreadableKey
        }
    }

    /// The text of a `jwks.json`; equal sets have equal text.
    public func json() throws(TokenError) -> [UInt8] {
        try TokenCoding.encode(self)
    }
}

extension KeySet: Codable {
    private enum CodingKeys: String, CodingKey {
        case keys
    }

    /// Reads a set, leaving out the keys that are of no use to us.
    public init(from decoder: any Decoder) throws {
        let set = try decoder.container(keyedBy: CodingKeys.self)
        keys = try set.decode([Candidate].self, forKey: .keys).compactMap(\.key)
    }

    /// Writes the set.
    public func encode(to encoder: any Encoder) throws {
        var set = encoder.container(keyedBy: CodingKeys.self)
        try set.encode(keys, forKey: .keys)
    }
}

/// An element of a set that may be anything at all.
private struct Candidate: Decodable {
    let key: JWK?

    init(from decoder: any Decoder) throws {
        key = try? JWK(from: decoder)
    }
}
