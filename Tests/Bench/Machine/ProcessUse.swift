import FoundationEssentials
import Glibc

/// What a process and all below it (PostgreSQL's backends) have used, from `/proc`.
struct ProcessUse: Sendable, Equatable {
    /// Seconds of processor time, of the kernel on its behalf too, ended children included.
    var cpuSeconds: Double
    /// The same of each of its own threads, by number.
    var threadSeconds: [Int: Double]
    /// Resident bytes of the process itself.
    var residentBytes: Int
    /// Proportional share of resident bytes of it and all below it: memory that several share counts once.
    var shareBytes: Int

    init(cpuSeconds: Double, threadSeconds: [Int: Double] = [:], residentBytes: Int, shareBytes: Int) {
        self.cpuSeconds = cpuSeconds
        self.threadSeconds = threadSeconds
        self.residentBytes = residentBytes
        self.shareBytes = shareBytes
    }

    /// Looks at a process; `nil` where there is none.
    init?(pid: Int) {
        guard let own = ProcessUse.ticks(pid) else { return nil }
        let family = ProcessUse.family(pid)
        let ticks = family.dropFirst().reduce(own) { $0 + (ProcessUse.ticks($1) ?? 0) }
        cpuSeconds = ProcessUse.seconds(ticks)
        threadSeconds = ProcessUse.threads(pid)
        residentBytes = ProcessUse.kilobytes("VmRSS:", in: "/proc/\(pid)/status") * 1024
        shareBytes = family.reduce(0) {
            $0 + ProcessUse.kilobytes("Pss:", in: "/proc/\($1)/smaps_rollup") * 1024
        }
    }

    /// How much the thread that has worked most since an earlier look has used since then.
    func busiestThreadSeconds(since earlier: ProcessUse) -> Double {
        threadSeconds.map { $1 - earlier.threadSeconds[$0, default: 0] }.max() ?? 0
    }

    /// `utime + stime` of `/proc/PID/stat` (proc(5)), and `cutime + cstime` where ended children count.
    static func ticks(fromStat line: String, withChildren: Bool = true) -> Int? {
        // The name, in parentheses, may hold anything.
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 14 else { return nil }
        return fields[11...(withChildren ? 14 : 12)].reduce(0) { $0 + (Int($1) ?? 0) }
    }

    private static func ticks(_ pid: Int) -> Int? {
        text("/proc/\(pid)/stat").flatMap { ticks(fromStat: $0) }
    }

    private static func seconds(_ ticks: Int) -> Double {
        Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func threads(_ pid: Int) -> [Int: Double] {
        var found: [Int: Double] = [:]
        for thread in tasks(pid) {
            let stat = text("/proc/\(pid)/task/\(thread)/stat")
            found[thread] = stat.flatMap { ticks(fromStat: $0, withChildren: false) }.map(seconds)
        }
        return found
    }

    private static func tasks(_ pid: Int) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return names.compactMap { Int($0) }
    }

    private static func family(_ pid: Int) -> [Int] {
        var found = [pid]
        var index = 0
        while index < found.count {
            for task in tasks(found[index]) {
                let children = text("/proc/\(found[index])/task/\(task)/children") ?? ""
                found += children.split(separator: " ").compactMap { Int($0) }
            }
            index += 1
        }
        return found
    }

    private static func kilobytes(_ name: String, in path: String) -> Int {
        for line in (text(path) ?? "").split(separator: "\n") where line.hasPrefix(name) {
            return line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        }
        return 0
    }

    private static func text(_ path: String) -> String? {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension ProcessUse {
    /// Seconds of processor time that this process itself has used.
    static func ownCPUSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
