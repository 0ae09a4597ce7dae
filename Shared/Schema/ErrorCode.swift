/// Every stable `code`: of `error` and `message_error` frames, and of REST problems.
public enum ErrorCode: String, Hashable, Sendable, Codable, CaseIterable, Error {
    // Frames (protocol, 4.4).
    case invalidJSON = "invalid_json"
    case invalidField = "invalid_field"
    case unknownType = "unknown_type"
    case notAuthenticated = "not_authenticated"
    case roomDenied = "room_denied"
    case muted
    case forbidden
    case messageNotFound = "message_not_found"
    case userNotFound = "user_not_found"
    case contentTooLong = "content_too_long"
    case idempotencyConflict = "idempotency_conflict"
    case tooManyRooms = "too_many_rooms"
    case slowMode = "slow_mode"
    case busUnavailable = "bus_unavailable"
    case historyUnavailable = "history_unavailable"
    case overloaded
    case timeout
    case internalError = "internal_error"

    // REST (protocol, 6).
    case invalidCredentials = "invalid_credentials"
    case tokenMissing = "token_missing"
    case tokenInvalid = "token_invalid"
    case tokenExpired = "token_expired"
    case tokenRevoked = "token_revoked"
    case notFound = "not_found"
    case roomNotFound = "room_not_found"
    case memberNotFound = "member_not_found"
    case methodNotAllowed = "method_not_allowed"
    case usernameTaken = "username_taken"
    case roomExists = "room_exists"
    case lastOwner = "last_owner"
    case unsupportedMediaType = "unsupported_media_type"
    case rateLimited = "rate_limited"
    case serviceUnavailable = "service_unavailable"

    /// Whether the same request may succeed later.
    public var isRetryable: Bool {
        switch self {
        case .busUnavailable, .historyUnavailable, .overloaded, .timeout, .internalError: true
        case .slowMode, .rateLimited, .serviceUnavailable: true
        default: false
        }
    }

    /// The status of a REST answer with this code.
    public var httpStatus: Int {
        switch self {
        case .invalidJSON, .unknownType: 400
        case .notAuthenticated, .invalidCredentials: 401
        case .tokenMissing, .tokenInvalid, .tokenExpired, .tokenRevoked: 401
        case .muted, .forbidden: 403
        case .roomDenied, .messageNotFound, .userNotFound, .notFound, .roomNotFound, .memberNotFound: 404
        case .methodNotAllowed: 405
        case .idempotencyConflict, .tooManyRooms, .usernameTaken, .roomExists, .lastOwner: 409
        case .unsupportedMediaType: 415
        case .invalidField, .contentTooLong: 422
        case .slowMode, .rateLimited: 429
        case .internalError: 500
        case .busUnavailable, .historyUnavailable, .overloaded, .serviceUnavailable: 503
        case .timeout: 504
        }
    }

    /// One sentence for people; programs go by the code.
    public var text: String {
        switch self {
        case .invalidJSON: "The frame is not a JSON object."
        case .invalidField: "A field is absent, of the wrong type or out of range."
        case .unknownType: "This type of frame is not known."
        case .notAuthenticated: "Authenticate first."
        case .roomDenied: "There is no such room, or it is not open to you."
        case .muted: "You are muted in this room."
        case .forbidden: "You may not do this."
        case .messageNotFound: "There is no such message."
        case .userNotFound: "There is no such user."
        case .contentTooLong: "The content is too long."
        case .idempotencyConflict: "This key was used before with another content."
        case .tooManyRooms: "You have joined as many rooms as a connection may."
        case .slowMode: "This room is in slow mode; wait before the next message."
        case .busUnavailable: "Messages cannot be passed on just now; try again."
        case .historyUnavailable: "The archive cannot answer just now; try again."
        case .overloaded: "The server is overloaded; try again later."
        case .timeout: "No answer came in time; the outcome is unknown, so resend with the same key."
        case .internalError: "Something went wrong on our side; try again."
        case .invalidCredentials: "The user name or the password is wrong."
        case .tokenMissing: "A token is needed."
        case .tokenInvalid: "The token is not valid."
        case .tokenExpired: "The token has expired."
        case .tokenRevoked: "The token has been revoked."
        case .notFound: "There is nothing here."
        case .roomNotFound: "There is no such room."
        case .memberNotFound: "There is no such member."
        case .methodNotAllowed: "This method is not allowed here."
        case .usernameTaken: "This user name is taken."
        case .roomExists: "This room id is taken."
        case .lastOwner: "A room needs an owner."
        case .unsupportedMediaType: "The body must be JSON."
        case .rateLimited: "Too many requests; slow down."
        case .serviceUnavailable: "The service cannot answer just now; try again."
        }
    }
}
