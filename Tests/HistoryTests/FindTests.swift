import Redis
import Schema
import Support
import Testing

@testable import ChatHistory

/// `rpc:history` `find`: what a gateway asks for a message that is sent again.
@Suite(.serialized) struct FindTests {
    private func find(_ key: String, _ room: String = "general", _ user: String = "alice") -> JSONValue {
        ["room": .string(room), "user": .string(user), "client_msg_id": .string(key)]
    }

    @Test func aMessageIsFoundByItsKeyAsItWent() async throws {
        try await withCluster { cluster in
            for key in ["c-1", "c-2", nil] { try await cluster.send("hello", to: .general, key: key) }
            try await cluster.expectDrained()
            let live = try await cluster.redis.call("XRANGE", .text(Keys.recent(.general)), "2", "2")
            let envelope = try #require(live[0][1]["e"].text)
            let found = try await cluster.queries.answer("find", find("c-2"))
            #expect(String(decoding: found, as: UTF8.self) == #"{"envelope":\#(envelope)}"#)
            for other in [find("c-3"), find("c-2", "other"), find("c-2", "general", "bob")] {
                let nothing = try await cluster.queries.answer("find", other)
                #expect(String(decoding: nothing, as: UTF8.self) == "{}")
            }
        }
    }

    @Test func theNewestOfOneKeyIsFound() async throws {
        try await withCluster { cluster in
            // The room has forgotten the key in between.
            for _ in 1...2 { try await cluster.send("hello", to: .general, key: "c-1") }
            try await cluster.expectDrained()
            let found = try JSONValue(parsing: try await cluster.queries.answer("find", find("c-1")))
            #expect(found["envelope"]?["seq"] == 2)
        }
    }

    @Test func whoAsksWronglyOrWithoutAnArchiveIsTold() async throws {
        let server = try await blocking { try PostgresServer() }
        defer { server.remove() }
        try await withCluster(database: server.url) { cluster in
            try server.stop()
            let asked: [(JSONValue, ErrorCode)] = [
                (find("c-1"), .historyUnavailable), (find(""), .invalidField),
                (find("c", "No"), .invalidField),
                (["room": "general", "user": "alice"], .invalidField),
            ]
            for (data, code) in asked {
                var refusal: ErrorCode?
                do throws(ErrorCode) {
                    _ = try await cluster.queries.answer("find", data)
                } catch let caught {
                    refusal = caught
                }
                #expect(refusal == code)
            }
        }
    }
}
