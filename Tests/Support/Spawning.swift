import Foundation
import Synchronization

extension Process {
    private static let spawning = Mutex(())

    /// Starts it while no other is being started: Foundation's `run` is not made for several threads at once.
    ///
    /// `prepare` is called within the same bound: what it opens, no other child inherits.
    func start<T>(_ prepare: () throws -> T) throws -> T {
        try Process.spawning.withLock { _ in
            let prepared = try prepare()
            try run()
            return prepared
        }
    }
}
