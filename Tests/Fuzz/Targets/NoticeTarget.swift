@testable import Bus
@testable import Schema

/// `UserNotice` is the gateway's, and a program cannot be linked to another: its file stands here as a link.
///
/// Short texts with parts: what is told on a user's channel, a place, an id, a revocation.
enum NoticeTarget: FuzzTarget {
    static func read(_ input: [UInt8]) {
        if let notice = input.withUnsafeBytes({ UserNotice($0) }) { check(notice) }
        let text = String(decoding: input, as: UTF8.self)
        if let position = LogPosition(parsing: text) {
            require(LogPosition.isPossible(position.seq), "a place that cannot be")
        }
        if let room = RoomID(text) {
            require(room.text == text, "a room of another name")
            if let (one, other) = room.directMembers {
                require(RoomID.direct(one, other) == room, "a direct room of others")
            }
        }
        if let id = MessageID(text) { require(MessageID(bytes: id.bytes) == id, "an id does not come back") }
        if let user = UserHandle(text) { require(user.text == text, "a user of another name") }
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2, let revocation = Revocation(field: parts[0], value: parts[1]) {
            let again = Revocation(field: revocation.field.name, value: revocation.field.value)
            require(again == revocation, "a revocation does not come back")
        }
    }

    private static func check(_ notice: UserNotice) {
        switch notice {
        case .direct(_, let position, _):
            require(LogPosition.isPossible(position.seq), "a place that cannot be")
        case .dead(let letter, _):
            require(LogPosition.isPossible(letter.position.seq), "a place that cannot be")
            require(!ServerFrame.bytes(letter.error).isEmpty, "nothing to tell")
        }
    }
}
