/// What one sender has under way.
struct Publisher {
    let sender: Int
    let client: Client
    /// The number of its next message.
    private(set) var next = 0
    /// The first number that it does not send any more.
    private var end = Int.max
    /// When each message was due that is not answered yet, by its number.
    private var open: [Int: UInt64] = [:]
    /// How many were accepted.
    private(set) var acceptances = 0
    /// Those that were refused.
    private(set) var refused: Set<Int> = []

    init(sender: Int, client: Client) {
        self.sender = sender
        self.client = client
    }

    /// Whether it has sent all that it was to send.
    var isDone: Bool { next >= end }

    /// Sends so many more; nil: without an end.
    mutating func begin(_ count: Int?) { end = count.map { next + $0 } ?? .max }

    /// How many were never answered.
    var unanswered: Int { open.count }

    /// Makes the next message.
    mutating func make(due: UInt64) -> Payload {
        defer { next += 1 }
        open[next] = due
        return Payload(sender: sender, number: next, due: due)
    }

    /// It was accepted: when it had been due, or nil where nothing was asked.
    mutating func accepted(_ number: Int) -> UInt64? {
        guard let due = open.removeValue(forKey: number) else { return nil }
        acceptances += 1
        return due
    }

    /// It was refused; false where nothing was asked.
    mutating func refused(_ number: Int) -> Bool {
        guard open.removeValue(forKey: number) != nil else { return false }
        refused.insert(number)
        return true
    }
}
