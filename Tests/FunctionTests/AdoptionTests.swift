import ArchiveFunctions
import Redis
import RoomFunctions
import Schema
import Support
import Testing

/// `log_adopt`: what builds before the first release have left.
@Suite struct AdoptionTests {
    private let partition = RoomID.general.partition

    @Test func theRoomsOfAFormerLogAreTakenOver() async throws {
        try await onBench { bench in
            let log = Keys.formerLog(partition)
            for number in 1...1_500 {
                let room = number == 1_400 ? "late" : "general"
                let envelope =
                    #"{"v":1,"epoch":"e1","seq":\#(number),"type":"new_message","room":"\#(room)"}"#
                _ = try await bench.call("XADD", log, "\(number)-0", "e", envelope)
            }
            _ = try await bench.call("XADD", log, "1501-0", "x", "y")
            _ = try await bench.call("SET", "\(log):bytes", "7")
            var counts: [Int64?] = []
            for _ in 1...3 {
                let reply = try await bench.redis.function(
                    ArchiveFunctions.adopt,
                    keys: [log, Keys.unstored(partition), Keys.logs(partition)].map { .text($0) },
                    arguments: [])
                counts.append(reply.int)
            }
            #expect(counts == [1_000, 501, 0])
            let left = try await bench.call("EXISTS", log, "\(log):bytes")
            #expect(left.int == 0)
            let rooms = try await bench.call("ZRANGE", Keys.unstored(partition), "0", "-1", "WITHSCORES")
            #expect(rooms.array?.map(\.text) == ["general", "1", "late", "1400"])
            // Their logs are to be forgotten some day.
            let logs = try await bench.call("ZRANGE", Keys.logs(partition), "0", "-1", "WITHSCORES")
            #expect(logs == rooms)
        }
    }
}
