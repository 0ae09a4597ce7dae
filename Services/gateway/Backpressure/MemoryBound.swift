/// Whether a gateway holds so much that waits to be sent or accepted that nobody else may come.
///
/// Pure. What is over the bound must fall to four fifths of it first, so that the door does not flap.
struct MemoryBound {
    private let bytes: Int
    private(set) var isOver = false

    init(bytes: Int) { self.bytes = bytes }

    /// Takes how much there is; says whether that has changed what counts.
    mutating func changed(by held: Int) -> Bool {
        let was = isOver
        isOver = held >= (was ? bytes / 5 * 4 : bytes)
        return isOver != was
    }
}
