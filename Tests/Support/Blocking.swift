internal import Foundation

/// Runs what blocks on a thread of its own.
///
/// All tests share the few threads of Swift's pool: whoever waits on one for a process holds up everybody.
public func blocking<T>(_ work: @escaping @Sendable () throws -> sending T) async throws -> sending T {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            do {
                continuation.resume(returning: try work())
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
