import Hosting
import Schema
import Support
import Testing

@testable import ChatGateway

struct SendBacklogTests {
    @Test func whatWaitsIsBoundedInBytes() async throws {
        try await onSender { bench in
            let registry = Registry()
            let backlog = SendBacklog(
                .init(messages: 10, bytes: 10_000), metrics: GatewayMetrics(registry))
            let content = String(repeating: "x", count: 3_000)
            let messages = try (1...3).map { _ in try bench.message(#""content":"\#(content)""#) }
            #expect(messages.map { backlog.enter($0) } == [true, true, false])
            #expect(registry.exposition().contains("parley_gateway_messages_waiting 2\n"))
            #expect(registry.exposition().contains("parley_gateway_messages_waiting_bytes 7024\n"))
            backlog.leave(messages[0])
            #expect(messages[2].byteCount == messages[0].byteCount)
            let hasEntered = backlog.enter(messages[2])
            #expect(hasEntered)
        }
    }

    @Test func whatWaitsIsBoundedInNumber() async throws {
        try await onSender { bench in
            let backlog = SendBacklog(
                .init(messages: 2, bytes: .max), metrics: GatewayMetrics(Registry()))
            let messages = try (1...3).map { _ in try bench.message(#""content":"x""#) }
            #expect(messages.map { backlog.enter($0) } == [true, true, false])
            backlog.leave(messages[0])
            let hasEntered = backlog.enter(messages[2])
            #expect(hasEntered)
            #expect(backlog.bytes == 2 * messages[1].byteCount)
        }
    }

    @Test func ofWhatOneUserSendsAgainAQuarterWaits() async throws {
        try await onSender { bench in
            let backlog = SendBacklog(
                .init(messages: 8, bytes: .max), metrics: GatewayMetrics(Registry()))
            let again = #""content":"x","client_msg_id":"k","retry":true"#
            let retries = try (1...3).map { _ in try bench.message(again) }
            #expect(retries.map { backlog.enter($0) } == [true, true, false])
            let others = try [bench.message(#""content":"x""#), bench.message(again, of: .bob)]
            #expect(others.map { backlog.enter($0) } == [true, true])
            backlog.leave(retries[0])
            let hasEntered = backlog.enter(retries[2])
            #expect(hasEntered)
        }
    }

    @Test func metadataCounts() async throws {
        try await onSender { bench in
            let plain = try bench.message(#""content":"hello""#)
            let rich = try bench.message(#""content":"hello","metadata":{"list":[1,2,3,4,5]}"#)
            #expect(rich.byteCount > plain.byteCount + 20)
        }
    }
}
