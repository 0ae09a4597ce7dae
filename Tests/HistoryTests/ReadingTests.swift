import Bus
import Engine
import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

/// Pages over real servers: what is recent, what is archived, and the seam between them.
@Suite(.serialized) struct ReadingTests {
    /// A room of 300 messages, of which only the newest are left in Redis.
    private func withRoom(
        recent: Int, _ body: nonisolated(nonsending) @escaping @Sendable (Cluster, Pages) async throws -> Void
    ) async throws {
        try await withCluster { cluster in
            for number in 1...300 { try await cluster.send("message \(number)", to: .general) }
            try await cluster.expectDrained()
            _ = try await cluster.redis.call(
                "XTRIM", .text(Keys.recent(.general)), "MINID", .int(Int64(301 - recent)))
            try await body(cluster, cluster.pages)
        }
    }

    @Test(arguments: [0, 1, 25, 120, 300]) func walkingBackMeetsEveryMessageOnce(recent: Int) async throws {
        try await withRoom(recent: recent) { _, pages in
            var seqs: [Int64] = []
            var before: Int64?
            var page: HistoryPage
            repeat {
                page = try await pages.page(PageRequest(room: .general, before: before, limit: 50))
                seqs = page.seqs + seqs
                #expect(page.isComplete == (page.nextBefore == nil))
                #expect((page.nextAfter == nil) == (before == nil))
                before = page.nextBefore
            } while before != nil
            #expect(seqs == Array(1...300))
        }
    }

    @Test(arguments: [0, 1, 25, 120, 300]) func walkingOnMeetsEveryMessageOnce(recent: Int) async throws {
        try await withRoom(recent: recent) { _, pages in
            var seqs: [Int64] = []
            var after: Int64? = 0
            while let from = after {
                let page = try await pages.page(PageRequest(room: .general, after: from, limit: 70))
                seqs += page.seqs
                #expect(page.isComplete == (page.nextAfter == nil))
                #expect((page.nextBefore == nil) == (from == 0))
                after = page.nextAfter
            }
            #expect(seqs == Array(1...300))
        }
    }

    @Test func theEdgesOfARoom() async throws {
        try await withRoom(recent: 10) { _, pages in
            let beyond = try await pages.page(PageRequest(room: .general, after: 300))
            #expect(beyond == HistoryPage(messages: [], nextBefore: 301, nextAfter: nil, isComplete: true))
            let first = try await pages.page(PageRequest(room: .general, before: 1))
            #expect(first == HistoryPage(messages: [], nextBefore: nil, nextAfter: 0, isComplete: true))
            let nothing = try await pages.page(PageRequest(room: room("empty")))
            #expect(nothing == HistoryPage(messages: [], nextBefore: nil, nextAfter: nil, isComplete: true))
            let all = try await pages.page(PageRequest(room: .general, before: .max, limit: 200))
            #expect(all.seqs == Array(101...300))
            #expect(all.nextAfter == nil)
        }
    }

    @Test func aPageOfLargeMessagesIsCut() async throws {
        try await withCluster { cluster in
            let large = String(repeating: "x", count: 60_000)
            for _ in 1...10 { try await cluster.send(large, to: .general) }
            let newest = try await cluster.pages.page(PageRequest(room: .general))
            #expect(newest.seqs == [7, 8, 9, 10])
            #expect(newest.nextBefore == 7)
            #expect(!newest.isComplete)
            #expect(newest.json.count <= 256 * 1024)
            let oldest = try await cluster.pages.page(PageRequest(room: .general, after: 0))
            #expect(oldest.seqs == [1, 2, 3, 4])
            #expect(oldest.nextAfter == 4)
            #expect(!oldest.isComplete)
        }
    }

    @Test func withoutPostgresTheNewestPageIsGivenWhereItIsRecent() async throws {
        let server = try await blocking { try PostgresServer() }
        defer { server.remove() }
        try await withCluster(database: server.url) { cluster in
            for number in 1...60 { try await cluster.send("message \(number)", to: .general) }
            try await cluster.expectDrained()
            _ = try await cluster.redis.call("XTRIM", .text(Keys.recent(.general)), "MINID", "21")
            try server.stop()
            let newest = try await cluster.pages.page(PageRequest(room: .general, limit: 40))
            #expect(newest.seqs == Array(21...60))
            #expect(newest.nextBefore == 21)
            #expect(!newest.isComplete)
            let request = try PageRequest(room: .general, limit: 41)
            var refusal: BusError?
            do throws(BusError) {
                _ = try await cluster.pages.page(request)
            } catch let caught {
                refusal = caught
            }
            #expect(refusal == .refused(.historyUnavailable))
        }
    }

    @Test func anotherServiceGetsThePageByTheBus() async throws {
        try await withRoom(recent: 10) { cluster, pages in
            let rpc = RPCClient(
                loop: cluster.loop, address: try RedisAddress(url: cluster.server.url), name: "test",
                redis: cluster.redis, replyID: "tester")
            rpc.start()
            let isReady = await eventually(on: cluster.loop) { rpc.isReady }
            #expect(isReady)
            let data: JSONValue = ["room": "general", "before": 101, "limit": 3]
            let answer = try await rpc.text("history", "page", data)
            let page = try await pages.page(PageRequest(room: .general, before: 101, limit: 3))
            #expect(answer == page.json)
            #expect(page.seqs == [98, 99, 100])
            var refusal: BusError?
            do throws(BusError) {
                _ = try await rpc.text("history", "page", ["room": "general", "before": 1, "after": 1])
            } catch let caught {
                refusal = caught
            }
            #expect(refusal == .refused(.invalidField))
            rpc.close()
        }
    }
}

extension HistoryPage {
    /// The seqs of the page's envelopes, in their order.
    var seqs: [Int64] { messages.compactMap { EnvelopeHead(reading: $0)?.position?.seq } }
}
