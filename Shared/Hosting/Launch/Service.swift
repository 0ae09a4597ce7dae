/// A running service, as its process sees it; in practice an actor on one of its loops.
public protocol Service: Sendable {
    /// Connects and listens; returns when the service can be asked. Cancelled when the process is told to end before that.
    func start() async throws

    /// Ends in order: no new work, what runs is finished, connections closed. Also called after a start that was cut short.
    func stop() async

    /// Reads again what may change while running (SIGHUP); does nothing unless implemented.
    func reload() async
}

extension Service {
    /// Nothing to read again.
    public func reload() async {}
}

/// Why a service cannot start, and what its operator does next.
public struct StartFailure: Error, CustomStringConvertible {
    /// What went wrong, without secrets.
    public let description: String
    /// What to do next, as a sentence.
    public let advice: String
    /// What the process ends with: 2 where its arguments are to blame.
    public let exitCode: Int32

    /// Makes a failure of what went wrong and what to do.
    public init(_ description: String, advice: String, exitCode: Int32 = 1) {
        self.description = description
        self.advice = advice
        self.exitCode = exitCode
    }
}
