internal import Glibc

/// Lets so many tests at a time have loops, servers and clients of their own.
///
/// The test library begins all tests at once. Those that wait for a socket would starve each other until bounds of
/// seconds pass that nobody has reached.
actor Turnstile {
    /// The one for all tests of the process.
    static let shared = Turnstile(width: 2 * max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1))

    /// Whether this task is past it: who needs a second loop must not wait behind itself.
    @TaskLocal private static var isPassed = false

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(width: Int) { free = width }

    /// Runs `body` as soon as fewer than the width are under way.
    nonisolated func pass<T: Sendable>(_ body: () async throws -> T) async rethrows -> T {
        guard !Turnstile.isPassed else { return try await body() }
        await enter()
        do {
            let result = try await Turnstile.$isPassed.withValue(true, operation: body)
            await leave()
            return result
        } catch {
            await leave()
            throw error
        }
    }

    private func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Hands the place to who has waited longest.
    private func leave() {
        guard waiting.isEmpty else { return waiting.removeFirst().resume() }
        free += 1
    }
}
