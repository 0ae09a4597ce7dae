import FoundationEssentials
import Glibc

/// What a process and all below it (PostgreSQL's backends) have used, from `/proc`.
struct ProcessUse: Sendable, Equatable {
    /// Seconds of processor time, of the kernel on its behalf too, ended children included.
    var cpuSeconds: Double
    /// Resident bytes of the process itself.
    var residentBytes: Int
    /// Proportional share of resident bytes of it and all below it: memory that several share counts once.
    var shareBytes: Int

    init(cpuSeconds: Double, residentBytes: Int, shareBytes: Int) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.shareBytes = shareBytes
    }

    /// Looks at a process; `nil` where there is none.
    init?(pid: Int) {
        guard let own = ProcessUse.ticks(pid) else { return nil }
        let family = ProcessUse.family(pid)
        let ticks = family.dropFirst().reduce(own) { $0 + (ProcessUse.ticks($1) ?? 0) }
        cpuSeconds = Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        residentBytes = ProcessUse.kilobytes("VmRSS:", in: "/proc/\(pid)/status") * 1024
        shareBytes = family.reduce(0) {
            $0 + ProcessUse.kilobytes("Pss:", in: "/proc/\($1)/smaps_rollup") * 1024
        }
    }

    /// `utime + stime + cutime + cstime` of `/proc/PID/stat` (proc(5)).
    static func ticks(fromStat line: String) -> Int? {
        // The name, in parentheses, may hold anything.
        guard let end = line.lastIndex(of: ")") else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        guard fields.count > 14 else { return nil }
        return fields[11...14].reduce(0) { $0 + (Int($1) ?? 0) }
    }

    private static func ticks(_ pid: Int) -> Int? {
        text("/proc/\(pid)/stat").flatMap { ticks(fromStat: $0) }
    }

    private static func family(_ pid: Int) -> [Int] {
        var found = [pid]
        var index = 0
        while index < found.count {
            let tasks =
                (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(found[index])/task")) ?? []
            for task in tasks {
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
