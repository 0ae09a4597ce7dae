@testable import Schema

/// What a client sends in a text message, and what it is answered.
enum FrameTarget: FuzzTarget {
    private static let room = require(RoomID("general"), "a room")

    static func read(_ input: [UInt8]) {
        for room in [nil, room] {
            do throws(RejectedFrame) {
                let frame = try ClientFrame(decoding: input, defaultRoom: room)
                guard let id = frame.replyID else { continue }
                require(isScalar(id.json), "an id that is no string and no number")
            } catch {
                checkAnswer(error)
            }
        }
    }

    /// A refusal is a frame of ours, which carries the client's own id.
    private static func checkAnswer(_ rejected: RejectedFrame) {
        guard let answer = try? JSONValue(parsing: rejected.answer) else {
            require(false, "an answer that is not JSON")
            return
        }
        let type: EventType = rejected.type == .sendMessage ? .messageError : .error
        require(answer["type"]?.text == type.rawValue, "an answer of another type")
        guard let id = rejected.replyID else { return }
        require(isScalar(id.json), "an id that is no string and no number")
        require(answer["reply_to_id"] == (try? JSONValue(parsing: id.json)), "an answer to something else")
    }

    private static func isScalar(_ json: [UInt8]) -> Bool {
        switch try? JSONValue(parsing: json) {
        case .string, .int, .number: true
        default: false
        }
    }
}
