import Schema
import Testing

@testable import ChatGateway

struct RoomSetTests {
    /// All ways of six steps through none, one and several rooms: it answers as a set of Swift's.
    @Test func itIsASet() throws {
        let rooms = try ["a1", "b1", "c1"].map { try #require(RoomID($0)) }
        var differences: [Int] = []
        for way in 0..<46_656 {
            var (mine, plain) = (RoomSet(), Set<RoomID>())
            var rest = way
            for _ in 0..<6 {
                let (room, isInsertion) = (rooms[rest % 6 / 2], rest % 2 == 0)
                rest /= 6
                let answer = isInsertion ? mine.insert(room) : mine.remove(room)
                let expected = isInsertion ? plain.insert(room).inserted : plain.remove(room) != nil
                let isSame =
                    answer == expected && mine.count == plain.count && mine.isEmpty == plain.isEmpty
                    && Array(mine).count == plain.count && Set(mine) == plain
                    && rooms.allSatisfy { mine.contains($0) == plain.contains($0) }
                if !isSame { differences.append(way) }
            }
        }
        #expect(differences.isEmpty)
    }
}
