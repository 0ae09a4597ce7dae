import Engine
import Schema

extension Session {
    /// How many questions of one connection may be under way: room for a client that comes back and asks about all
    /// its rooms at once, while one that asks without end cannot fill the queue of the service that answers everybody.
    private static var questionLimit: Int { 128 }

    /// Begins to answer a question that takes other services, unless too many are under way.
    func begin(answering replyTo: ReplyID?, about room: RoomID? = nil, _ answer: @escaping RoomWork) {
        guard questionsUnderWay < Self.questionLimit else {
            return fail(.overloaded, replyTo: replyTo, room: room)
        }
        questionsUnderWay += 1
        shard.loop.spawn {
            await answer()
            self.questionsUnderWay -= 1
        }
    }
}
