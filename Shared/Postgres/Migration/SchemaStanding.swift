/// Why a schema is not ready for work, as operators are told.
///
/// Pure. A step that has failed and is tried again is told as its failure, not as progress: else who waits for it waits for
/// ever, as on a full disk.
public struct SchemaStanding {
    /// What is being done to it, or why that fails; nil where nothing is, as while PostgreSQL is away.
    public private(set) var reason: (any Error)?
    private var present: SchemaProgress?
    private var failed: SchemaProgress?

    /// Nothing has been done yet.
    public init() {}

    /// Something is being done.
    public mutating func began(_ progress: SchemaProgress) {
        present = progress
        let isAgain = failed != nil && (progress == failed || progress == .looking)
        if !isAgain { (reason, failed) = (progress, nil) }
    }

    /// It was not done, and will be tried again.
    public mutating func failed(_ error: any Error) {
        if case .applying = present {
            (reason, failed) = (error, present)
        } else if failed == nil {
            reason = nil
        }
        present = nil
    }

    /// All is done.
    public mutating func ended() { self = SchemaStanding() }
}
