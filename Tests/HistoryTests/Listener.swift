import Redis
import Schema
import Support

/// What is published on some channels, in its order.
final class Listener {
    private let subscriber: Subscriber
    private var missing: Int
    private(set) var heard: [String] = []

    init(on cluster: Cluster, channels: [String]) throws {
        subscriber = Subscriber(
            loop: cluster.loop, address: try RedisAddress(url: cluster.server.url), name: "listener")
        missing = channels.count
        for channel in channels {
            subscriber.subscribe(channel) { [weak self] in
                self?.heard.append(String(decoding: $0, as: UTF8.self))
            } onReady: { [weak self] in
                self?.missing -= 1
            }
        }
        subscriber.start()
    }

    /// What was heard, without the id that a user's notices end with.
    var heardWithoutEntries: [String] {
        heard.map { text in
            guard let space = text.lastIndex(of: " "), StreamID(text[space...].dropFirst()) != nil else {
                return text
            }
            return String(text[..<space])
        }
    }

    var isReady: Bool { missing == 0 }

    func close() { subscriber.close() }
}
