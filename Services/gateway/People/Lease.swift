import Engine
import Hosting
import Redis
import Schema

/// This gateway's lease: while it lives, so do the devices that the gateway has stated.
///
/// Belongs to its loop.
final class Lease {
    /// This run of this gateway.
    let incarnation: String
    /// Called when the lease had ended, so that somebody may have taken our devices for gone.
    var onLapsed: (() -> Void)?

    /// Called whenever the lease is renewed: Redis takes what is written.
    var onRenewed: (() -> Void)?

    private let id: String
    private let loop: EventLoop
    private let redis: RedisClient
    private let log: Log
    private var timer: Timer?
    /// Whether the lease has been ours at a renewal.
    private var holds = false

    private static let seconds = 15
    private static let renewMilliseconds = 5_000

    init(id: String, loop: EventLoop, redis: RedisClient, log: Log) {
        self.id = id
        self.loop = loop
        self.redis = redis
        self.log = log
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        incarnation = id + "." + String((0..<8).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }

    func start() {
        renew()
        timer = loop.scheduleRepeating(everyMilliseconds: Self.renewMilliseconds) { [weak self] in
            self?.renew()
        }
    }

    func renew() {
        redis.call(
            ["SET", .text(Keys.gateway(id)), .text(incarnation), "EX", .int(Int64(Self.seconds)), "GET"]
        ) { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure(let error): log.warn("lease not renewed", .error(error))
            case .success(let before) where before.text == incarnation:
                holds = true
                onRenewed?()
            case .success(let before):
                // Right after a start this is the run before; later somebody else goes by our name.
                if holds, let other = before.text {
                    log.warn(
                        "another gateway has this GATEWAY_ID",
                        ["other": .string(other), "next": "Start one of the two with another."])
                }
                onLapsed?()
            }
        }
        // After the lease: a name in the set without one would be swept away.
        redis.call(["SADD", .text(Keys.gateways), .text(incarnation)]) { _ in }
    }

    /// Gives the lease back.
    ///
    /// The incarnation stays in the set of those that may hold something: presence takes back what still stands, as
    /// of connections lost a moment ago, and then forgets it.
    func release() async {
        timer?.cancel()
        _ = try? await redis.call("DEL", .text(Keys.gateway(id)))
    }
}
