import FoundationEssentials
import Testing

@testable import Bench

struct FigureTests {
    @Test(arguments: [
        (0.0, 2, "0.00"), (1.005, 1, "1.0"), (1.25, 1, "1.3"), (-1.5, 1, "-1.5"), (-0.001, 2, "0.00"),
        (1_234.5678, 2, "1234.57"), (.infinity, 1, "-"), (.nan, 1, "-"), (7.0, 0, "7"),
    ])
    func digitsBehindThePoint(_ value: Double, _ digits: Int, _ text: String) {
        #expect(Figure.fixed(value, digits) == text)
    }

    @Test(arguments: [
        (0.0, "0.00"), (9.99, "9.99"), (99.9, "99.9"), (812, "812"), (75_123, "75.1 k"),
        (1_630_000, "1.63 M"),
        (999_600, "1.00 M"),
    ])
    func threeDigitsThatCount(_ value: Double, _ text: String) {
        #expect(Figure.short(value) == text)
    }
}

struct ReportTests {
    private func report(_ words: [String] = []) throws -> Report {
        Report(mode: "fanout", try Options("fanout", words))
    }

    @Test func figuresBelongToTheTimeBetweenTwoMoments() throws {
        var before = Tally()
        before.delivered = 1_000
        before.accepted = 10
        var after = before
        after.delivered += 400_000
        after.bytes += 400_000 * 300
        after.accepted += 400
        after.sent += 400
        let start = Meter(
            at: 1_000_000_000, tally: before, generator: 1,
            processes: [
                "gateway": .init(
                    cpuSeconds: 3, threadSeconds: [7: 2, 8: 1], residentBytes: 1, shareBytes: 1)
            ])
        let end = Meter(
            at: 5_000_000_000, tally: after, generator: 3,
            processes: [
                "gateway": .init(
                    cpuSeconds: 5, threadSeconds: [7: 2.5, 8: 2, 9: 0.5], residentBytes: 2, shareBytes: 2)
            ])
        var report = try report()
        end.fill(&report, since: start)
        #expect(report.seconds == 4 && report.sent == 400 && report.accepted == 400)
        #expect(report.acceptedPerSecond == 100 && report.deliveriesPerSecond == 100_000)
        #expect(report.deliveriesPerCpuSecond == 200_000 && report.acceptedPerCpuSecond == 200)
        #expect(report.frameBytes == 300 && report.generatorCpuShare == 0.5)
        #expect(report.processes["gateway"]?.microsecondsPerAccepted == 5_000)
        #expect(report.processes["gateway"]?.microsecondsPerDelivery == 5)
        #expect(report.processes["gateway"]?.deliveriesPerThreadSecond == 400_000)
    }

    @Test func aBrokenRunSaysSo() throws {
        var report = try report(["--label", "mine"])
        report.findings.lost = 3
        #expect(report.line == "mine: BROKEN: lost 3")
        report.findings = Findings()
        report.isClean = true
        #expect(report.line == "mine: nothing lost, doubled or out of order")
    }

    @Test func whatWasMeasuredTooSoonIsTold() throws {
        var report = try report(["--rooms", "9", "--talking", "5", "--publishers", "2"])
        report.isClean = true
        for unspoken in [nil, 0] {
            report.unspoken = unspoken
            #expect(report.line == "parley: nothing lost, doubled or out of order")
        }
        report.unspoken = 3
        #expect(report.line.contains("measured before 3 of 10 senders had anything accepted"))
    }

    @Test func theJSONComesBack() throws {
        var timings = Timings()
        timings.delivery.record(2_000_000)
        var report = try report(["--window", "3"])
        report.fill(timings, isOpen: false)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let read = try decoder.decode(Report.self, from: report.json())
        #expect(read.window == 3 && read.rate == nil && read.latenessMilliseconds == nil)
        let latency = try #require(read.deliveryMilliseconds)
        #expect(latency.count == 1 && latency.max == 2 && latency.p99 == 2)
    }
}

struct ProcessUseTests {
    @Test func ticksAreReadBehindAnyName() {
        let numbers = (4...52).map(String.init).joined(separator: " ")
        #expect(ProcessUse.ticks(fromStat: "12 (a) b (c)) S \(numbers)") == 14 + 15 + 16 + 17)
        #expect(ProcessUse.ticks(fromStat: "1 (a) S \(numbers)", withChildren: false) == 14 + 15)
        #expect(ProcessUse.ticks(fromStat: "12 (a") == nil)
        #expect(ProcessUse.ticks(fromStat: "12 (a) S 1 2") == nil)
    }

    @Test func thisProcessIsThere() throws {
        let use = try #require(ProcessUse(pid: Int(ProcessInfo.processInfo.processIdentifier)))
        #expect(use.residentBytes > 1_000_000 && use.cpuSeconds >= 0)
        #expect(use.threadSeconds.count > 1)
        #expect(ProcessUse(pid: Int(Int32.max)) == nil)
    }

    @Test func theKernelsMemoryIsRead() {
        let memory = KernelMemory(
            meminfo: "MemTotal: 1 kB\nSlab:   200 kB\n",
            sockstat: "sockets: used 5\nTCP: inuse 1 orphan 0 mem 3\n")
        #expect(memory.slabBytes == 204_800 && memory.socketBytes == 12_288)
        #expect(KernelMemory(meminfo: "", sockstat: "TCP: mem").slabBytes == 0)
    }
}

struct OptionsTests {
    @Test func bothFormsAreRead() throws {
        let options = try Options("fanout", ["--rooms", "3", "--clients=7", "--no-keys", "--rate=2.5"])
        #expect(options.rooms == 3 && options.clients == 7 && !options.hasKeys && options.rate == 2.5)
        #expect(options.window == nil)
        #expect(options.roomNames == nil)
        #expect(try Options("storm", ["--room-names", "r"]).roomNames == "r")
    }

    @Test(arguments: [
        ["--nothing"], ["--rooms"], ["--rooms", "0"], ["--rooms", "x"], ["--peer", "them"],
        ["--url", "ftp://h"],
        ["--clients", "2", "--publishers", "3"], ["--rooms", "2", "--talking", "3"], ["--talking", "0"],
        ["--rate", "1", "--window", "1"], ["--pid", "a=0x"],
        ["word"],
    ])
    func whatIsWrongIsRefused(_ words: [String]) {
        #expect(throws: BenchError.self) { try Options("fanout", words) }
    }

    @Test func allRoomsTalkUnlessTold() throws {
        #expect(try Options("fanout", ["--rooms", "3"]).talkingRooms == 3)
        #expect(try Options("fanout", ["--talking", "2", "--rooms", "3"]).talkingRooms == 2)
    }

    @Test func modesHaveNeedsOfTheirOwn() throws {
        #expect(try Options("fanout", []).window == 8)
        #expect(try Options("pair", ["--url", "ws://h:1,ws://h:2"]).rate == 100)
        for (mode, words) in [("pair", []), ("slow", []), ("ramp", ["--window", "1"])] {
            #expect(throws: BenchError.self) { try Options(mode, words) }
        }
    }

    @Test func aTargetIsHostAndPort() {
        #expect(Target("http://127.0.0.1:8080/x")?.authority == "127.0.0.1:8080")
        #expect(Target("ws://[::1]:9")?.host == "::1")
        #expect(Target("ws://[::1]:9")?.authority == "[::1]:9")
        #expect(Target("ws://h")?.port == 80)
        #expect(Target("ws://h:0") == nil && Target("h:1") == nil)
    }
}

struct PlanTests {
    private var plan: Plan { plan(talking: 2) }

    private func plan(talking: Int) -> Plan {
        Plan(
            peer: .limit, targets: [], rooms: ["a", "b"], talking: talking, clients: 5, publishers: 2,
            slow: 1, size: 32,
            hasKeys: true, tokens: [], loops: 2)
    }

    @Test func clientsAreNumberedThroughTheRooms() {
        #expect((0..<10).map { plan.room(of: $0) } == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
        #expect((0..<10).map { plan.sender(of: $0) } == [0, 1, nil, nil, nil, 2, 3, nil, nil, nil])
        #expect((0..<4).map { plan.client(of: $0) } == [0, 1, 5, 6])
        #expect((0..<10).filter { plan.isSlow($0) } == [4, 9])
    }

    @Test func nobodySendsInAQuietRoom() {
        let plan = plan(talking: 1)
        #expect((0..<10).map { plan.sender(of: $0) } == [0, 1] + [Int?](repeating: nil, count: 8))
        #expect(plan.senders == 2 && plan.connections == 10 && plan.hearers == 4)
    }

    @Test func everyHearerLivesOnOneLoop() {
        for room in 0..<2 {
            #expect(plan.hearers(of: room, on: 0) + plan.hearers(of: room, on: 1) == 4)
        }
        #expect(plan.loopsOfRoom == 2)
    }
}
