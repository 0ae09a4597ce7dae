import Bus
import Schema
import Web

extension Request {
    /// The room that the path names and the token may enter; for a name that can be none the answer is the
    /// same as for a room that is not there.
    func room(for identity: Identity) throws(ErrorCode) -> RoomID {
        guard let room = parameters["room"].flatMap(RoomID.init), identity.mayEnter(room) else {
            throw .roomNotFound
        }
        return room
    }

    /// The user that the path names; one whose name can be none is not there.
    var user: UserHandle {
        get throws(ErrorCode) {
            guard let user = parameters["user"].flatMap(UserHandle.init) else { throw .userNotFound }
            return user
        }
    }
}
