import Engine
import Tokens

/// Hashes and checks passwords off the loop, a bounded number at once.
///
/// Both throw `EngineError.overloaded` where too many wait already.
final class Passwords {
    private let hasher: PasswordHasher
    private let offload: Offload
    private let decoy: String

    /// Each worker's queue holds what it can do in the few seconds that a client waits.
    init(cost: ScryptParameters, workers: Int) throws(TokenError) {
        hasher = PasswordHasher(cost: cost)
        offload = Offload(name: "passwords", width: workers, waitingLimit: workers * 16)
        decoy = try hasher.decoy()
    }

    /// How many hashes run or wait; from any thread.
    var depth: @Sendable () -> Double {
        { [offload] in Double(offload.depth) }
    }

    func hash(_ password: String) async throws -> String {
        try await offload.run { [hasher] in try hasher.hash(password) }
    }

    /// Checks a password; where there is no such account, or none with a password, in the same time.
    func verify(_ password: String, against stored: String?) async throws -> PasswordHasher.Verdict {
        try await offload.run { [hasher, decoy] in
            let verdict = try hasher.verify(password, against: stored ?? decoy)
            return stored == nil ? .mismatch : verdict
        }
    }
}
