import Bus
import Engine
import Schema

/// How many rooms somebody may make, and how many memberships they may change.
final class RoomChanges {
    /// The time in which all that somebody has changed is forgiven.
    static let windowSeconds = 3_600

    /// Nil where there is no such limit.
    private var allowances: Allowances<UserHandle>?
    private let clock: () -> Instant
    private let onRefusal: () -> Void

    /// `mostPerUser`: 0 is no limit; `onRefusal`: called for each request that goes beyond it.
    init(mostPerUser: Int, clock: @escaping () -> Instant, onRefusal: @escaping () -> Void) {
        allowances =
            mostPerUser > 0 ? Allowances(most: mostPerUser, windowSeconds: Self.windowSeconds) : nil
        self.clock = clock
        self.onRefusal = onRefusal
    }

    /// Counts one more change, whatever becomes of it; throws `TooMany` where it is one too many.
    ///
    /// Administrators go beyond it: their programs set up everybody's rooms.
    func begin(by caller: Identity) throws {
        guard let allowances, !caller.isAdministrator else { return }
        let now = clock().milliseconds
        if let seconds = allowances.wait(of: caller.user, now: now) {
            onRefusal()
            throw TooMany(
                policy: "room-changes", quota: allowances.most, windowSeconds: allowances.windowSeconds,
                retryAfterSeconds: seconds)
        }
        self.allowances?.spend(caller.user, now: now)
    }
}
