import Dispatch
import Glibc

/// Being asked to end.
enum Stop {
    /// Returns when SIGTERM or SIGINT has come.
    static func signal() async throws {
        Glibc.signal(SIGTERM, SIG_IGN)
        Glibc.signal(SIGINT, SIG_IGN)
        let sources = [SIGTERM, SIGINT].map { DispatchSource.makeSignalSource(signal: $0, queue: .global()) }
        let asked = AsyncStream<Void> { stream in
            for source in sources {
                source.setEventHandler { stream.yield() }
                source.activate()
            }
        }
        for await _ in asked { break }
        for source in sources { source.cancel() }
    }
}
