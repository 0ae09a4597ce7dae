import Bus
import Engine
import Hosting
import PresenceFunctions
import Redis
import Schema

/// Remembers the policies that operators have set, and gives them back to a Redis that has forgotten them.
///
/// Belongs to its loop. They stand in Redis alone, with their version in the field `""`: the higher one holds, be it
/// Redis' or ours.
final class PolicyKeeper {
    /// The field that holds the version: no role is named so.
    static let versionField = ""

    private let loop: EventLoop
    private let redis: RedisClient
    private let log: Log
    /// What was in force when it was last compared, with the version.
    private(set) var known: [String: String] = [:]
    /// The version of that.
    var version: Int64 { Self.version(known) }
    private var isComparing = false
    private var mustCompareAgain = false

    private static let retryMilliseconds = 500

    init(loop: EventLoop, redis: RedisClient, log: Log) {
        self.loop = loop
        self.redis = redis
        self.log = log
    }

    /// To be told of each connect, and of each event of the control log.
    func compare() {
        mustCompareAgain = true
        guard !isComparing else { return }
        isComparing = true
        weak let this = self
        loop.spawn { await this?.run() }
    }

    func hear(_ event: ControlEvent) {
        if event == .limits || event == .reload { compare() }
    }

    private func run() async {
        while mustCompareAgain {
            mustCompareAgain = false
            do throws(RedisError) {
                try await compareOnce()
            } catch {
                // Without Redis the next connect comes here again.
                mustCompareAgain = redis.isConnected
                await loop.sleep(milliseconds: Self.retryMilliseconds)
            }
        }
        isComparing = false
    }

    private func compareOnce() async throws(RedisError) {
        let flat = try await redis.call("HGETALL", .text(Keys.limitsPolicies)).array ?? []
        var found: [String: String] = [:]
        for index in stride(from: 0, to: flat.count - 1, by: 2) {
            if let field = flat[index].text { found[field] = flat[index + 1].text }
        }
        guard Self.version(found) < Self.version(known) else { return known = found }
        log.warn("Redis has forgotten policies", ["roles": .int(known.count - 1)])
        let policies = known.filter { $0.key != Self.versionField }.flatMap {
            [RedisArgument.text($0), .text($1)]
        }
        let reply = try await redis.function(
            LimitFunctions.restorePolicies, keys: [.text(Keys.limitsPolicies)],
            arguments: [.int(version)] + policies)
        // Somebody was quicker, knows as much or more, and tells of it.
        guard reply.int == 1 else { return }
        try await ControlLog.append(.limits, to: redis)
    }

    private static func version(_ policies: [String: String]) -> Int64 {
        policies[versionField].flatMap { Int64($0) } ?? 0
    }
}
