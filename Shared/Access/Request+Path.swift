public import Bus
public import Schema
public import Web

extension Request {
    /// The room that the path names and the token may enter; for a name that can be none the answer is the same as
    /// for a room that is not there.
    public func room(for caller: Identity) throws(Problem) -> RoomID {
        guard let room = parameters["room"].flatMap(RoomID.init), caller.mayEnter(room) else {
            throw Problem(ErrorCode.roomNotFound)
        }
        return room
    }

    /// The user that the path names; one whose name can be none is not there.
    public var user: UserHandle {
        get throws(Problem) {
            guard let user = parameters["user"].flatMap(UserHandle.init) else {
                throw Problem(ErrorCode.userNotFound)
            }
            return user
        }
    }
}

extension RoomDirectory {
    /// Throws unless the caller is a member: outsiders learn nothing, for them there is no such room, be it public.
    public func requireMember(_ caller: Identity, of room: RoomID) async throws(Problem) {
        do throws(BusError) {
            try await admit(caller, to: room)
        } catch {
            throw Problem(error)
        }
    }

    /// The same, for those who can help themselves where Redis is away.
    public func admit(_ caller: Identity, to room: RoomID) async throws(BusError) {
        do throws(BusError) {
            guard try await !isMember(caller.user, of: room) else { return }
        } catch .refused(.roomDenied), .refused(.userNotFound) {
            throw .refused(.roomNotFound)
        }
        throw .refused(.roomNotFound)
    }
}
