import Bus
import Engine
import Tokens

/// How far a connection has come in saying who it is, and how well it behaves.
///
/// Pure.
struct SessionState {
    enum Phase {
        /// What it showed is being judged; its frames wait.
        case judging
        /// It has shown nothing yet.
        case anonymous
        case known(Identity)
        case closed
    }

    private(set) var phase: Phase
    private var malformed: [Instant] = []
    private var hasBeenWarned = false
    /// When the token's time is over for this connection, in milliseconds since 1970.
    private var end: Int64 = 0
    private var strangersUnits = 0

    /// More malformed frames than this within the window are a flood (protocol, 4.4).
    private static let malformedLimit = 20
    private static let malformedWindowMilliseconds = 10_000
    /// What may come before it is known who it is: so many frames, a long one counting for each of its KiB.
    ///
    /// There is one that makes sense then; a frame of 64 KiB that is nothing but numbers takes milliseconds to read.
    private static let strangersLimit = 100
    private static let warningSeconds: Int64 = 60

    init(isJudging: Bool) { phase = isJudging ? .judging : .anonymous }

    /// Who it is, once that is known.
    var identity: Identity? {
        guard case .known(let identity) = phase else { return nil }
        return identity
    }

    /// It has shown a token that is good at this time, in milliseconds since 1970.
    ///
    /// One whose time is over by the clock here may be good by its issuer's (`TokenVerifier.usualLeeway`): it lasts that
    /// much longer. Else it would be taken and closed at once, again and again.
    mutating func known(_ identity: Identity, at now: Int64) {
        phase = .known(identity)
        hasBeenWarned = false
        end = identity.expires &* 1000
        if end <= now { end &+= Int64(TokenVerifier.usualLeeway) * 1000 }
    }

    mutating func judging() { phase = .judging }

    mutating func closed() { phase = .closed }

    /// Notes a malformed frame; says whether it was one too many.
    mutating func noteMalformed(at now: Instant) -> Bool {
        malformed.removeAll { now.milliseconds(since: $0) >= Self.malformedWindowMilliseconds }
        malformed.append(now)
        return malformed.count > Self.malformedLimit
    }

    /// Notes a frame of one of whom nobody knows who it is; says whether it was one too many.
    mutating func noteBeforeKnown(bytes: Int) -> Bool {
        strangersUnits += 1 + max(bytes - 1, 0) / 1_024
        return strangersUnits > Self.strangersLimit
    }

    enum TokenAdvice: Equatable {
        case nothing
        /// Tell that the token ends in so many seconds.
        case warn(seconds: Int64)
        case close
    }

    /// What the end of the token demands at this time, in milliseconds since 1970; warns once a token.
    mutating func adviseOnToken(at now: Int64) -> TokenAdvice {
        guard identity != nil else { return .nothing }
        let left = end &- now
        guard left > 0 else { return .close }
        guard left <= Self.warningSeconds * 1000, !hasBeenWarned else { return .nothing }
        hasBeenWarned = true
        return .warn(seconds: (left + 999) / 1000)
    }
}
