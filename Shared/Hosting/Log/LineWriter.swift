import Glibc
import Synchronization

/// Writes whole lines to a descriptor, one `write(2)` each, and never waits long: what a full pipe does not take is dropped.
final class LineWriter: Sendable {
    private let descriptor: Int32
    private let patience: Int32
    private let drops = Atomic<Int>(0)
    /// Whether the last line was dropped: then the next ones do not wait at all, so that a stuck reader costs one wait.
    private let isStuck = Mutex(false)

    init(descriptor: Int32 = STDOUT_FILENO, patienceMilliseconds: Int32 = 10) {
        self.descriptor = descriptor
        patience = patienceMilliseconds
    }

    /// How many lines were dropped so far.
    var dropped: Int { drops.load(ordering: .relaxed) }

    /// Writes one line of at most PIPE_BUF bytes.
    func write(_ line: [UInt8]) {
        let isWritten = isStuck.withLock { isStuck in
            let isWritten = attempt(line, patience: isStuck ? 0 : patience)
            isStuck = !isWritten
            return isWritten
        }
        if !isWritten { drops.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Asks before it writes, so that a blocking descriptor does not block: a pipe that polls as writable takes PIPE_BUF bytes.
    ///
    /// Making it non-blocking would change it for every process that shares it.
    private func attempt(_ line: [UInt8], patience: Int32) -> Bool {
        for _ in 0..<4 {
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let ready = poll(&entry, 1, patience)
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return false }
            let written = Glibc.write(descriptor, line, line.count)
            if written < 0, errno == EINTR || errno == EAGAIN { continue }
            return written == line.count
        }
        return false
    }
}
