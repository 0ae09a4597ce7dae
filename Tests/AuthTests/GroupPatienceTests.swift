import Bus
import Engine
import Hosting
import Postgres
import Redis
import Schema
import Support
import Testing

@testable import ChatAuth

/// Somebody has locked a room in PostgreSQL, and does not let go of it until told.
private final class LockedRoom {
    var isHeld = false
    var isFree = false

    func hold(_ room: String, by postgres: PostgresClient, _ loop: EventLoop) async throws {
        try await postgres.transaction { transaction in
            try await transaction.query("SELECT FROM auth.rooms WHERE id = $1 FOR UPDATE", [.text(room)])
            isHeld = true
            // Until the test says so, which has bounds of its own.
            while !isFree { await loop.sleep(milliseconds: 5) }
        }
    }
}

/// What two wishes of the same moment came to, by the room that each was for.
private final class Wishes {
    let loads: RoomLoads
    let joins: Joins
    let publisher: Publisher
    var answers: [String: String] = [:]
    private let loop: EventLoop

    init(_ loop: EventLoop, _ postgres: PostgresClient, _ redis: RedisClient, _ patience: GroupPatience) {
        self.loop = loop
        let copy = RoomCopy(rooms: PostgresRooms(postgres: postgres), redis: redis)
        publisher = Publisher(
            loop: loop, postgres: postgres, redis: redis, copy: copy, log: .silent,
            metrics: AuthMetrics(registry: Registry()))
        joins = Joins(loop: loop, postgres: postgres, publisher: publisher, patience: patience)
        loads = RoomLoads(loop: loop, copy: copy, patience: patience)
        publisher.start()
    }

    func make(_ kind: ServiceTests.GroupPatienceTests.Wish, for name: String) throws {
        let (bob, room) = (try #require(UserHandle("bob")), try #require(RoomID(name)))
        loop.spawn {
            do {
                switch kind {
                case .join: _ = try await self.joins.join(bob, room)
                case .load: try await self.loads.load(room)
                }
                self.answers[name] = "done"
            } catch { self.answers[name] = "\(error)" }
        }
    }
}

extension ServiceTests {
    /// Who wishes for something at the same time as others, and has to wait for it, keeps nobody waiting.
    @Suite struct GroupPatienceTests {
        enum Wish: CaseIterable { case join, load }

        /// Nothing but what is tried here ends a wait before the test does.
        private static var patient: PostgresSettings {
            var settings = PostgresSettings()
            settings.lockTimeout = 60_000
            settings.statementTimeout = 60_000
            settings.idleInTransactionTimeout = 60_000
            settings.replyTimeout = 61_000
            return settings
        }

        private static let longWait = """
            SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'
                AND clock_timestamp() - query_start > interval '500 ms'
            """

        @Test(arguments: Wish.allCases) func whoWantsWhatIsLockedWaitsAlone(wish: Wish) async throws {
            try await withAuth { auth in
                let alice = try await auth.register("alice").access
                _ = try await auth.register("bob")
                for room in ["locked", "free"] {
                    let body: JSONValue = ["id": .string(room), "name": "Room", "visibility": "public"]
                    _ = try await auth.call("POST", "/rooms", body, token: alice)
                }
                try await auth.probing(settings: Self.patient) { postgres, redis, loop in
                    let locked = LockedRoom()
                    loop.spawn { try? await locked.hold("locked", by: postgres, loop) }
                    let isHeld = await eventually(on: loop) { locked.isHeld }
                    #expect(isHeld)
                    let patience = GroupPatience(together: 250, alone: 60_000)
                    let wishes = Wishes(loop, postgres, redis, patience)
                    for room in ["locked", "free"] { try wishes.make(wish, for: room) }
                    let isAnswered = await eventually(on: loop) { wishes.answers["free"] != nil }
                    #expect(isAnswered)
                    #expect(wishes.answers == ["free": "done"])
                    // Longer than those that go together would; PostgreSQL is looked at until it is so, or the wish is
                    // answered, as `patient` ends it.
                    var waitsLong = false
                    while !waitsLong, wishes.answers["locked"] == nil {
                        await loop.sleep(milliseconds: 20)
                        waitsLong = try await !postgres.query(Self.longWait).isEmpty
                    }
                    #expect(waitsLong)
                    locked.isFree = true
                    let isDone = await eventually(on: loop) { wishes.answers["locked"] != nil }
                    #expect(isDone)
                    #expect(wishes.answers["locked"] == "done")
                    wishes.publisher.close()
                }
            }
        }
    }
}
