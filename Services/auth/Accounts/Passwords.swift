import Engine
import Tokens
import Web

/// Hashes and checks passwords off the loop, a bounded number at once.
///
/// Addresses have turns: who asks for many does not keep others out. Both throw `EngineError.overloaded` where too many
/// wait already.
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

    /// Hashes a password, normalised, for whom an address counts for; nil: for the operator.
    func hash(_ password: String, for client: AddressKey?) async throws -> String {
        let password = PasswordText.normalized(password)
        return try await offload.run(for: client?.text ?? "") { [hasher] in try hasher.hash(password) }
    }

    /// Checks a password; where there is no such account, or none with a password, in the same time.
    ///
    /// As it came, too, where that differs from what it is normalised: earlier builds hashed it so. That it takes longer
    /// depends on nothing but what was sent.
    func verify(
        _ password: String, against stored: String?, for client: AddressKey
    ) async throws -> PasswordHasher.Verdict {
        try await offload.run(for: client.text) { [hasher, decoy] in
            let normalized = PasswordText.normalized(password)
            var verdict = try hasher.verify(normalized, against: stored ?? decoy)
            // Equal for Swift are two that differ by nothing but how they are put together.
            if verdict == .mismatch, !normalized.utf8.elementsEqual(password.utf8),
                try hasher.verify(password, against: stored ?? decoy) != .mismatch
            {
                verdict = .match(needsRehash: true)
            }
            return stored == nil ? .mismatch : verdict
        }
    }
}
