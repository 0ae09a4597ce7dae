public import Schema
public import Tokens

/// Who somebody is, as a token or a ticket has shown.
public struct Identity: Sendable, Hashable {
    /// The handle.
    public var user: UserHandle
    /// The display name.
    public var name: String
    /// The roles of the account.
    public var roles: [String]
    /// The login session.
    public var sessionID: String?
    /// The only rooms that may be entered; nil: no such limit.
    public var rooms: [String]?
    /// When the token was issued, in seconds.
    public var issuedAt: Int64?
    /// When it ends, in seconds.
    public var expires: Int64
    /// By which key it was signed; nil where it was by the shared secret, or nobody has said so.
    public var keyID: String?

    /// Takes the parts.
    public init(
        user: UserHandle, name: String, roles: [String], sessionID: String?, rooms: [String]? = nil,
        issuedAt: Int64? = nil, expires: Int64, keyID: String? = nil
    ) {
        self.user = user
        self.name = name
        self.roles = roles
        self.sessionID = sessionID
        self.rooms = rooms
        self.issuedAt = issuedAt
        self.expires = expires
        self.keyID = keyID
    }

    /// What the claims of a good token say; nil where the subject can be no handle, or a text holds U+0000.
    ///
    /// JSON on the bus and PostgreSQL refuse that character: such a token would be good in one place only.
    public init?(_ claims: TokenClaims, keyID: String? = nil) {
        let texts = [claims.name, claims.sid].compactMap { $0 } + claims.roles + (claims.rooms ?? [])
        guard let user = UserHandle(claims.sub), !texts.contains(where: { $0.utf8.contains(0) }) else {
            return nil
        }
        // Many go by their handle: one text is kept for both.
        self.init(
            user: user, name: claims.name.map { $0 == user.text ? user.text : $0 } ?? user.text,
            roles: claims.roles == Self.usualRoles ? Self.usualRoles : claims.roles, sessionID: claims.sid,
            rooms: claims.rooms, issuedAt: claims.iat.map(Int64.init), expires: Int64(claims.exp),
            keyID: keyID)
    }

    /// What nearly everybody is: one array for all of them.
    private static let usualRoles = ["member"]

    /// Whether this is an operator.
    public var isAdministrator: Bool { roles.contains("admin") }

    /// Whether the token's own limit of rooms lets this one be entered; membership is another question.
    public func mayEnter(_ room: RoomID) -> Bool { rooms?.contains(room.text) ?? true }
}

/// Why somebody is not believed.
public enum AuthenticationFailure: Error, Sendable, Hashable {
    /// Nothing was shown.
    case missing
    /// What was shown is not good.
    case invalid
    /// It was good once.
    case expired
    /// It was taken back.
    case revoked
    /// The keys to judge it by cannot be had at the moment.
    case unavailable

    /// The code of a REST answer.
    public var code: ErrorCode {
        switch self {
        case .missing: .tokenMissing
        case .invalid: .tokenInvalid
        case .expired: .tokenExpired
        case .revoked: .tokenRevoked
        case .unavailable: .serviceUnavailable
        }
    }

    /// The reason of a close.
    public var closeReason: CloseReason {
        switch self {
        case .missing: .tokenMissing
        case .invalid: .tokenInvalid
        case .expired: .tokenExpired
        case .revoked: .tokenRevoked
        case .unavailable: .internalError
        }
    }
}
