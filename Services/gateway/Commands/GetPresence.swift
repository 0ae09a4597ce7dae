import Bus
import Engine
import Redis
import Schema

extension Session {
    /// `get_presence`: who is in a room, or how these people are.
    func answer(_ request: GetPresence, for identity: Identity, replyTo: ReplyID?) {
        let room: RoomID? = if case .room(let room) = request { room } else { nil }
        begin(answering: replyTo, about: room) {
            do throws(BusError) {
                switch request {
                case .room(let room):
                    try await self.shard.requireMember(identity, of: room)
                    self.send(try await self.shard.presenceList(of: room), replyTo: replyTo, room: room)
                case .users(let users):
                    self.send(try await self.shard.presenceList(of: users, for: identity), replyTo: replyTo)
                }
            } catch {
                self.fail(error.code, replyTo: replyTo, room: room)
            }
        }
    }
}

extension Shard {
    /// The people of a room who are not offline; of many only some, and how many there are.
    fileprivate func presenceList(of room: RoomID) async throws(BusError) -> PresenceList {
        do throws(RedisError) {
            let online = try await PresenceRecord.online(
                in: room, atMost: Limits.presenceUsers, from: redis)
            // The room knows that they are here; a copy that has not been written yet does not make them offline.
            let entries = try await PresenceRecord.read(online.people, from: redis).map { entry in
                entry.status == .offline ? PresenceEntry(entry.user, .online) : entry
            }
            return PresenceList(
                users: entries, online: online.count, isComplete: entries.count == online.count)
        } catch {
            throw .redis(error)
        }
    }

    /// How these people are, as far as this user may know.
    fileprivate func presenceList(of users: [UserHandle], for identity: Identity) async throws(BusError)
        -> PresenceList
    {
        // Who is named twice is one of them all the same.
        var named: Set<UserHandle> = []
        let users = users.filter { named.insert($0).inserted }
        let others = users.filter { $0 != identity.user }
        let visible = others.isEmpty ? [] : try await visible(others, to: identity.user)
        do throws(RedisError) {
            let entries = try await PresenceRecord.read(users, from: redis).map { entry in
                let mayKnow = entry.user == identity.user || visible.contains(entry.user)
                return mayKnow ? entry : PresenceEntry(entry.user, .offline)
            }
            let online = entries.count { $0.status != .offline }
            return PresenceList(users: entries, online: online, isComplete: true)
        } catch {
            throw .redis(error)
        }
    }

    private func visible(_ others: [UserHandle], to user: UserHandle) async throws(BusError) -> Set<
        UserHandle
    > {
        let answer = try await rpc.call(
            "auth", "visible",
            ["user": .string(user.text), "others": .array(others.map { .string($0.text) })])
        return Set((answer["users"]?.array ?? []).compactMap { $0.text.flatMap(UserHandle.init) })
    }
}
