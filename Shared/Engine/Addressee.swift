/// Somebody who lives on a loop, as others know them: they may be written to, and not touched.
///
/// Mail for one who is gone is dropped.
public final class Addressee<Resident: AnyObject>: @unchecked Sendable {
    // Unchecked: the resident is looked at on its own loop only, for which `submit` stands.
    private let loop: EventLoop
    private weak let resident: Resident?

    /// Makes the address of somebody; on their loop.
    public init(_ resident: Resident, on loop: EventLoop) {
        loop.assertCurrent()
        self.loop = loop
        self.resident = resident
    }

    /// Runs `body` on the resident's loop, after what was sent from here before; from any thread.
    public func send(_ body: @escaping @Sendable (Resident) -> Void) {
        loop.submit {
            if let resident = self.resident { body(resident) }
        }
    }
}
