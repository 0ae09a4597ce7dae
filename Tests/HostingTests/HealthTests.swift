import Engine
import Support
import Testing

@testable import Hosting

private struct Broken: Error, CustomStringConvertible { let description = "connection refused" }

/// A dependency that answers when told to.
private final class Slow {
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private(set) var asked = 0
    private(set) var answered = 0

    func answer() async {
        asked += 1
        await withCheckedContinuation { waiting.append($0) }
        answered += 1
    }

    func release() {
        waiting.forEach { $0.resume() }
        waiting = []
    }
}

@Suite struct HealthTests {
    @Test func itIsReadyWhileAllChecksPass() async throws {
        let report = try await onLoop { loop in
            let health = Health(loop: loop)
            health.check("redis") {}
            health.check("postgres") {}
            return await health.report()
        }
        #expect(report.isReady)
        #expect(report.checks.map(\.name) == ["redis", "postgres"])
        #expect(report.checks.allSatisfy { $0.latencyMilliseconds >= 0 && $0.latencyMilliseconds < 1000 })
    }

    @Test func aFailingCheckSaysWhy() async throws {
        let report = try await onLoop { loop in
            let health = Health(loop: loop)
            health.check("redis") { throw Broken() }
            health.check("postgres") {}
            return await health.report()
        }
        #expect(!report.isReady)
        #expect(report.checks.map(\.failure) == ["connection refused", nil])
    }

    @Test func drainingIsNotReady() async throws {
        let report = try await onLoop { loop in
            let health = Health(loop: loop)
            health.isDraining = true
            return await health.report()
        }
        #expect(!report.isReady)
    }

    @Test func aCheckThatHangsFailsByItsBoundAndIsNotStartedTwice() async throws {
        // The bound is one that a good answer keeps on a machine with much else to do.
        try await onLoop { loop in
            let slow = Slow()
            let health = Health(loop: loop, boundMilliseconds: 1_000)
            health.check("redis") { await slow.answer() }
            let first = await health.report()
            #expect(first.checks.first?.failure == "no answer within 1000 ms")
            let second = await health.report()
            #expect(second.checks.first?.failure == "no answer within 1000 ms")
            #expect(slow.asked == 1)
            slow.release()
            // Awaited outside of the macro, which would leave the loop and look between answer and verdict.
            let hasAnswered = await eventually(on: loop) { slow.answered == 1 }
            #expect(hasAnswered)
            health.check("other") { slow.release() }
            let third = await health.report()
            #expect(third.checks.map(\.isOK) == [true, true])
            #expect(slow.asked == 2)
        }
    }

    @Test func thoseWhoAskAtOnceShareARun() async throws {
        try await onLoop { loop in
            let slow = Slow()
            let health = Health(loop: loop)
            health.check("redis") { await slow.answer() }
            var reports: [HealthReport] = []
            for _ in 0..<3 { loop.spawn { reports.append(await health.report()) } }
            let isAsked = await eventually(on: loop) { slow.asked == 1 }
            #expect(isAsked)
            slow.release()
            let haveHeard = await eventually(on: loop) { reports.count == 3 }
            #expect(haveHeard)
            #expect(reports.map(\.isReady) == [true, true, true])
            #expect(slow.asked == 1)
        }
    }

    @Test(arguments: [
        (HealthReport(checks: [], isDraining: false), #"{"status":"ready","checks":{}}"#),
        (
            HealthReport(
                checks: [
                    .init(name: "redis", latencyMilliseconds: 0.3, failure: nil),
                    .init(name: "postgres", latencyMilliseconds: 1000.12345, failure: "a \"b\""),
                ], isDraining: true),
            #"{"status":"not_ready","draining":true,"checks":{"redis":{"ok":true,"latency_ms":0.3},"#
                + #""postgres":{"ok":false,"latency_ms":1000.12,"error":"a \"b\""}}}"#
        ),
    ])
    func theReportIsTheProtocolsJSON(report: HealthReport, json: String) {
        #expect(String(decoding: report.json, as: UTF8.self) == json)
    }
}
