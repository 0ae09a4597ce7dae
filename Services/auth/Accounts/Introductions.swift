import Bus
import Engine

/// Makes accounts of handles that tokens minted elsewhere vouch for: many in one statement, as everybody comes at nine.
final class Introductions {
    private let commits: GroupCommit<Identity.Face, Void>

    init(loop: EventLoop, accounts: PostgresAccounts) {
        commits = GroupCommit(loop: loop) { faces, _ in
            try await accounts.note(faces)
            return faces.map { _ in .success(()) }
        }
    }

    /// Makes sure that somebody has an account; name and roles follow their tokens for as long as it has no password.
    func note(_ face: Identity.Face) async throws { try await commits.answer(to: face) }
}
