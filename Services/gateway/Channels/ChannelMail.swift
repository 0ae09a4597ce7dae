import Engine
import Redis
import Synchronization

/// What the exchanges of a gateway's loops write to each other.
enum ChannelMail: Sendable {
    // To a home.
    case want(String, ChannelHome.Ear)
    case unwant(String, ChannelHome.Ear)
    case listensAgain(loop: Int)
    case keepTo(RunID)
    // From a home, to the subscription of that number.
    case message(UInt64, SharedBytes)
    case ready(UInt64)
    // From a home, to everybody.
    case up(home: Int)
    case down(home: Int)
    case fellBehind(home: Int)
}

/// Where other loops write to an exchange.
struct ChannelDoor: Sendable {
    let exchange: Addressee<ChannelExchange>
    /// How many bytes of messages wait there.
    let waiting: WaitingMail
}

/// How many bytes of messages wait for a loop; counted up by those who write, and down by who reads.
final class WaitingMail: Sendable {
    private let count = Atomic<Int>(0)

    var bytes: Int { count.load(ordering: .relaxed) }

    func add(_ bytes: Int) { count.wrappingAdd(bytes, ordering: .relaxed) }
}
