import Testing

@testable import Hosting

@Suite struct MetricsTests {
    @Test func eachKindIsWrittenAsPrometheusReadsIt() {
        let registry = Registry()
        let ping = registry.counter("parley_frames_total", help: "Frames by type.", labels: ["type": "ping"])
        let pong = registry.counter("parley_frames_total", help: "Frames by type.", labels: ["type": "pong"])
        let sessions = registry.gauge("parley_sessions", help: "Open sessions.")
        registry.gauge("parley_lag_seconds", help: "Lag.", read: { 0.25 })
        registry.counter("parley_cpu_seconds_total", help: "CPU.", read: { 1.5 })
        let time = registry.histogram("parley_send_seconds", help: "Time.", bounds: [0.5, 1])
        ping.add()
        pong.add(4)
        sessions.set(7)
        sessions.add(-2)
        time.observe(0.5)
        time.observe(.milliseconds(750))
        time.observe(3)
        #expect(
            registry.exposition() == """
                # HELP parley_frames_total Frames by type.
                # TYPE parley_frames_total counter
                parley_frames_total{type="ping"} 1
                parley_frames_total{type="pong"} 4
                # HELP parley_sessions Open sessions.
                # TYPE parley_sessions gauge
                parley_sessions 5
                # HELP parley_lag_seconds Lag.
                # TYPE parley_lag_seconds gauge
                parley_lag_seconds 0.25
                # HELP parley_cpu_seconds_total CPU.
                # TYPE parley_cpu_seconds_total counter
                parley_cpu_seconds_total 1.5
                # HELP parley_send_seconds Time.
                # TYPE parley_send_seconds histogram
                parley_send_seconds_bucket{le="0.5"} 1
                parley_send_seconds_bucket{le="1"} 2
                parley_send_seconds_bucket{le="+Inf"} 3
                parley_send_seconds_sum 4.25
                parley_send_seconds_count 3

                """)
    }

    @Test func labelsAndHelpAreEscaped() {
        let registry = Registry()
        registry.gauge("parley_x", help: "a\\b\n\"c\"", labels: ["l": "a\\b\n\"c\""], read: { 1 })
        #expect(
            registry.exposition() == #"""
                # HELP parley_x a\\b\n"c"
                # TYPE parley_x gauge
                parley_x{l="a\\b\n\"c\""} 1

                """#)
    }

    @Test(arguments: [
        (0.0, "0"), (-3, "-3"), (1e15, "1000000000000000"), (0.1, "0.1"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"),
        (.nan, "NaN"),
    ])
    func numbersAreWrittenAsPrometheusReadsThem(value: Double, text: String) {
        #expect(Exposition.number(value) == text)
    }

    @Test func theSameNameAndLabelsAreTheSameMetric() {
        let registry = Registry()
        let one = registry.counter("parley_x_total", help: "", labels: ["a": "1"])
        #expect(registry.counter("parley_x_total", help: "", labels: ["a": "1"]) === one)
        #expect(registry.counter("parley_x_total", help: "", labels: ["a": "2"]) !== one)
    }

    @Test func aCounterNeverFalls() {
        let counter = Counter()
        counter.add(5)
        counter.add(-3)
        #expect(counter.value == 5)
    }

    @Test func whatManyThreadsCountIsAllCounted() async {
        let histogram = Histogram(bounds: [1, 2])
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<10_000 { histogram.observe(1.5) } }
            }
        }
        #expect(histogram.snapshot == .init(bounds: [1, 2], counts: [0, 40_000, 0], sum: 60_000))
    }

    @Test(arguments: [
        ("parley_sessions", true), ("parley_x_2_total", true), ("sessions", false),
        ("parley_Sessions", false),
        ("parley_a-b", false), ("parley_é", false),
    ])
    func aNameHasOurPrefix(name: String, isValid: Bool) {
        #expect(Registry.isValid(name) == isValid)
    }

    @Test func theProcessIsMeasured() throws {
        let registry = Registry()
        ProcessMetrics.register(in: registry, service: "gateway", version: "1.2.3")
        let lines = registry.exposition().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.first == #"parley_build_info{service="gateway",version="1.2.3"} 1"#)
        for line in lines {
            let value = try #require(Double(line.split(separator: " ")[1]))
            #expect(value > 0, "\(line)")
        }
        #expect(lines.count == 6)
        #expect(ProcessMetrics.residentPages(statm: "100 42 7") == 42)
        #expect(ProcessMetrics.residentPages(statm: "") == nil)
    }
}
