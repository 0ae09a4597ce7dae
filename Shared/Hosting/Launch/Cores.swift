import FoundationEssentials
import Glibc

/// The processor cores that this process may use.
public enum Cores {
    /// How many: those that it may run on, and no more than its control group has time for.
    public static var available: Int {
        let cores = read("/proc/self/status").flatMap { Cores.allowed(status: $0) }
        let online = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let share = read("/sys/fs/cgroup/cpu.max").flatMap { Cores.share(cpuMax: $0) }
        return min(cores ?? online, share ?? .max)
    }

    /// How many cores the line `Cpus_allowed` of `/proc/PID/status` names: a bit each, in hexadecimal (proc(5)).
    static func allowed(status: String) -> Int? {
        let label = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(label) }) else {
            return nil
        }
        let count = line.dropFirst(label.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : nil
    }

    /// How many cores' worth of time `cpu.max` of a control group (version 2) grants, rounded up: `150000 100000` is two;
    /// nil where it sets no bound.
    static func share(cpuMax: String) -> Int? {
        let words = cpuMax.split(whereSeparator: \.isWhitespace)
        guard words.count == 2, let quota = Int64(words[0]), let period = Int64(words[1]), quota > 0,
            period > 0
        else { return nil }
        return Int(clamping: quota / period + (quota % period > 0 ? 1 : 0))
    }

    private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
