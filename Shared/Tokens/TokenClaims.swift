/// The claims of an access token (RFC 7519, section 4.1; RFC 9068, section 2.2).
///
/// Times are whole seconds since 1970. What is read is rounded down to one and held within
/// ``timeRange``, so that nobody's arithmetic on a stranger's number can overflow.
public struct TokenClaims: Hashable, Sendable {
    /// The times a token can speak of: those a clock of milliseconds can count exactly (±285,000 years).
    public static let timeRange = -9_000_000_000_000...9_000_000_000_000

    /// Who issued the token.
    public var iss: String
    /// Whom it is meant for; one name is written as a plain string.
    public var aud: [String]
    /// The handle of the user.
    public var sub: String
    /// From this second on the token is no longer good.
    public var exp: Int
    /// When it was issued.
    public var iat: Int?
    /// Before this second it is not yet good.
    public var nbf: Int?
    /// The token's own name.
    public var jti: String?
    /// The login session it belongs to.
    public var sid: String?
    /// The display name of the user.
    public var name: String?
    /// The user's roles.
    public var roles: [String]
    /// The only rooms the token is good for; nil is no such limit.
    public var rooms: [String]?

    /// Names the claims of a token to be signed.
    public init(
        iss: String, aud: [String], sub: String, exp: Int, iat: Int? = nil, nbf: Int? = nil,
        jti: String? = nil, sid: String? = nil, name: String? = nil, roles: [String] = [],
        rooms: [String]? = nil
    ) {
        self.iss = iss
        self.aud = aud
        self.sub = sub
        self.exp = exp
        self.iat = iat
        self.nbf = nbf
        self.jti = jti
        self.sid = sid
        self.name = name
        self.roles = roles
        self.rooms = rooms
    }
}

extension TokenClaims: Codable {
    private enum CodingKeys: String, CodingKey {
        case iss, aud, sub, exp, iat, nbf, jti, sid, name, roles, rooms
    }

    /// Reads claims; members we do not know are ignored.
    public init(from decoder: any Decoder) throws {
        let claims = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            iss: try claims.decode(String.self, forKey: .iss),
            aud: try claims.decode(Audience.self, forKey: .aud).names,
            sub: try claims.decode(String.self, forKey: .sub),
            exp: try claims.decode(NumericDate.self, forKey: .exp).seconds,
            iat: try claims.decodeIfThere(NumericDate.self, forKey: .iat)?.seconds,
            nbf: try claims.decodeIfThere(NumericDate.self, forKey: .nbf)?.seconds,
            jti: try claims.decodeIfPresent(String.self, forKey: .jti),
            sid: try claims.decodeIfPresent(String.self, forKey: .sid),
            name: try claims.decodeIfPresent(String.self, forKey: .name),
            roles: try claims.decodeIfPresent([String].self, forKey: .roles) ?? [],
            rooms: try claims.decodeIfThere([String].self, forKey: .rooms))
    }

    /// Writes claims; what is nil is left out.
    public func encode(to encoder: any Encoder) throws {
        var claims = encoder.container(keyedBy: CodingKeys.self)
        try claims.encode(iss, forKey: .iss)
        try claims.encode(Audience(names: aud), forKey: .aud)
        try claims.encode(sub, forKey: .sub)
        try claims.encode(exp, forKey: .exp)
        try claims.encodeIfPresent(iat, forKey: .iat)
        try claims.encodeIfPresent(nbf, forKey: .nbf)
        try claims.encodeIfPresent(jti, forKey: .jti)
        try claims.encodeIfPresent(sid, forKey: .sid)
        try claims.encodeIfPresent(name, forKey: .name)
        try claims.encode(roles, forKey: .roles)
        try claims.encodeIfPresent(rooms, forKey: .rooms)
    }
}

extension KeyedDecodingContainer {
    /// A claim that narrows what a token is good for: `null` is a fault there, not the absence of the bound.
    fileprivate func decodeIfThere<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        contains(key) ? try decode(type, forKey: key) : nil
    }
}

/// `aud`: a string, or an array of strings (RFC 7519, section 4.1.3).
private struct Audience: Codable {
    let names: [String]

    init(names: [String]) {
        self.names = names
    }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let name = try? value.decode(String.self) {
            names = [name]
        } else {
            names = try value.decode([String].self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        if let only = names.first, names.count == 1 {
            try value.encode(only)
        } else {
            try value.encode(names)
        }
    }
}

/// A NumericDate: any JSON number, fractions included (RFC 7519, section 2).
private struct NumericDate: Decodable {
    let seconds: Int

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let number = try value.decode(Double.self).rounded(.down)
        let range = TokenClaims.timeRange
        if number >= Double(range.upperBound) {
            seconds = range.upperBound
        } else if number > Double(range.lowerBound) {
            seconds = Int(exactly: number) ?? range.lowerBound
        } else {
            seconds = range.lowerBound
        }
    }
}
