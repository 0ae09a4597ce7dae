import FoundationEssentials
import Glibc

/// What the kernel knows of this process, read when metrics are.
enum ProcessMetrics {
    static func register(in registry: Registry, service: String, version: String) {
        registry.gauge(
            "parley_build_info", help: "Always 1; its labels say what runs here.",
            labels: ["service": service, "version": version], read: { 1 })
        registry.gauge(
            "parley_process_resident_memory_bytes", help: "Memory that is in RAM.", read: residentBytes)
        registry.counter(
            "parley_process_cpu_seconds_total", help: "Processor time used, user and system.",
            read: cpuSeconds)
        registry.gauge("parley_process_open_fds", help: "Open file descriptors.", read: openDescriptors)
        registry.gauge(
            "parley_process_max_fds", help: "How many file descriptors may be open.", read: descriptorLimit)
        let start = Date().timeIntervalSince1970
        registry.gauge(
            "parley_process_start_time_seconds", help: "When the process started, seconds since 1970.",
            read: { start })
    }

    /// The second number of `/proc/self/statm` is the resident set in pages (proc(5)).
    static func residentPages(statm: String) -> Int? {
        let numbers = statm.split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]) : nil
    }

    private static func residentBytes() -> Double {
        guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
            return .nan
        }
        return Double(residentPages(statm: statm) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return .nan }
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1_000_000
    }

    private static func openDescriptors() -> Double {
        guard let directory = opendir("/proc/self/fd") else { return .nan }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Not `.`, `..`, nor the directory itself.
        return Double(max(0, count - 3))
    }

    private static func descriptorLimit() -> Double {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .nan }
        return Double(limit.rlim_cur)
    }
}
