import Bus
import Schema

/// What a user may.
extension Shard {
    /// What a client is told it may do.
    func limits(for identity: Identity) -> Limits {
        var limits = config.limits
        let policy = sender.limit.policies?.policy(for: identity.roles)
        limits.messagesPerWindow = policy?.messages ?? 0
        limits.windowSeconds = policy?.seconds ?? config.limits.windowSeconds
        return limits
    }

    /// Throws unless this user is a member of the room.
    func requireMember(_ identity: Identity, of room: RoomID) async throws(BusError) {
        guard identity.mayEnter(room), room.admits(identity.user) else { throw .refused(.roomDenied) }
        let isMember: Bool
        do throws(BusError) {
            isMember = try await directory.isMember(
                identity.user, of: room, known: rooms.knownSeq(of: room))
        } catch {
            throw error.code == .userNotFound ? .refused(.roomDenied) : error
        }
        guard isMember else { throw .refused(.roomDenied) }
    }
}
