import FoundationEssentials

/// What the kernel holds for all processes: sockets of both ends are in it, the generator's too.
struct KernelMemory: Sendable, Equatable {
    /// Slab of `/proc/meminfo`, in bytes: the sockets themselves, their files and dentries.
    var slabBytes = 0
    /// Memory of TCP buffers, in bytes, of `/proc/net/sockstat`.
    var socketBytes = 0

    /// Reads both now; 0 where the system does not tell.
    static func read() -> KernelMemory {
        KernelMemory(meminfo: text("/proc/meminfo"), sockstat: text("/proc/net/sockstat"))
    }

    init(meminfo: String, sockstat: String) {
        slabBytes = KernelMemory.value("Slab:", meminfo, line: "Slab:") * 1024
        socketBytes = KernelMemory.value("mem", sockstat, line: "TCP:") * 4096
    }

    /// The number behind a word in the line that begins so.
    private static func value(_ word: String, _ text: String, line start: String) -> Int {
        for line in text.split(separator: "\n") where line.hasPrefix(start) {
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: Substring(word)), at + 1 < words.count else { return 0 }
            return Int(words[at + 1]) ?? 0
        }
        return 0
    }

    private static func text(_ path: String) -> String {
        (try? Data(contentsOf: URL(filePath: path))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
