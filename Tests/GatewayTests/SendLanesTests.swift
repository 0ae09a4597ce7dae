import Schema
import Support
import Testing

@testable import ChatGateway

/// The lanes of what one connection sends.
struct SendLanesTests {
    private let rooms = [room("one"), room("two"), room("three")]

    private func enter(_ room: RoomID, _ lanes: SendLanes) throws -> OutgoingMessage {
        let message = try OutgoingMessage(#""content":"x""#, in: room)
        let lane = lanes.lane(to: room)
        lane.enter(message)
        message.begin(in: lane, at: message.arrived) { _ in }
        return message
    }

    private func end(_ message: OutgoingMessage, _ lanes: SendLanes) {
        message.settle(.refused(.timeout))
        _ = message.leave()
        lanes.ended(in: message.room)
    }

    /// While anything of a room is under way, whatever else is sent meanwhile, the next goes behind it.
    @Test func whatIsSentToARoomHasOneLane() throws {
        let lanes = SendLanes()
        let messages = try (rooms + rooms).map { try enter($0, lanes) }
        for (first, second) in zip(messages, messages.dropFirst(3)) {
            #expect(first.lane === second.lane)
            #expect(first.isFirst && !second.isFirst)
        }
        #expect(Set(messages.map { $0.lane.map(ObjectIdentifier.init) }).count == 3)
    }

    @Test(arguments: [[0, 1, 2, 3, 4, 5], [2, 5, 1, 4, 0, 3], [0, 3, 2, 5, 1, 4]])
    func itIsEmptyWhenAllHaveEnded(order: [Int]) throws {
        let lanes = SendLanes()
        #expect(lanes.isEmpty)
        let messages = try (rooms + rooms).map { try enter($0, lanes) }
        for (number, index) in order.enumerated() {
            #expect(!lanes.isEmpty, "\(number)")
            end(messages[index], lanes)
        }
        #expect(lanes.isEmpty)
    }

    /// Who talks in one room has the same lane again.
    @Test func theNewestIsKept() throws {
        let lanes = SendLanes()
        let first = try enter(rooms[0], lanes)
        let lane = first.lane
        end(first, lanes)
        let second = try enter(rooms[0], lanes)
        #expect(second.lane === lane)
        end(second, lanes)
        let other = try enter(rooms[1], lanes)
        #expect(other.lane !== lane)
    }
}
