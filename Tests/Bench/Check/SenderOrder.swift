/// Whether one receiver is given each sender's messages once, in order, and without a hole.
struct SenderOrder: Sendable {
    enum Finding: Equatable {
        /// It had been given already.
        case duplicate
        /// It came after one that was sent later.
        case reordered
        /// There is no such sender here, or no such message yet.
        case foreign
    }

    private struct Message: Hashable {
        let sender: Int32
        let number: UInt32
    }

    /// By sender: the number of the message that has to come next.
    private var next: [UInt32]
    /// Those that were passed over, and may still come.
    private var missing: Set<Message> = []

    /// So many senders, each of which counts its messages from 0.
    init(senders: Int) { next = [UInt32](repeating: 0, count: senders) }

    /// Takes a message; `nil` where it is the one that had to come.
    mutating func take(_ number: Int, from sender: Int) -> Finding? {
        guard next.indices.contains(sender), let number = UInt32(exactly: number) else { return .foreign }
        let expected = next[sender]
        if number == expected {
            next[sender] = expected &+ 1
            return nil
        }
        return number > expected
            ? skip(to: number, from: sender)
            : missing.remove(Message(sender: Int32(sender), number: number)) != nil ? .reordered : .duplicate
    }

    private mutating func skip(to number: UInt32, from sender: Int) -> Finding? {
        guard number - next[sender] < 1_000_000 else { return .foreign }
        for passed in next[sender]..<number {
            missing.insert(Message(sender: Int32(sender), number: passed))
        }
        next[sender] = number &+ 1
        return nil
    }

    /// How many messages never came, when each sender has sent so many and those of `refused` were not accepted.
    func lost(sent: [Int], refused: [Int: Set<Int>] = [:]) -> Int {
        var lost = 0
        for message in missing
        where refused[Int(message.sender)]?.contains(Int(message.number)) != true { lost += 1 }
        for (sender, count) in sent.enumerated() where sender < next.count {
            let had = Int(next[sender])
            guard had < count else { continue }
            lost += count - had - (refused[sender]?.count { $0 >= had } ?? 0)
        }
        return lost
    }
}
