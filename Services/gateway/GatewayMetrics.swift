import Engine
import Hosting
import Schema
import Web

/// What a gateway counts.
///
/// One object: as a value it would be copied into every room.
final class GatewayMetrics: Sendable {
    let connections: Gauge
    let opened: Counter
    let closed: Counter
    let frames: Counter
    let malformed: Counter
    let deliveries: Counter
    let conflated: Counter
    let compressed: Counter
    let compressedFrom: Counter
    let compressedTo: Counter
    let spared: Counter
    let inflated: Counter
    let inflatedTo: Counter
    let slowConsumers: Counter
    let turnedAway: Counter
    let overloaded: Gauge
    let holes: Counter
    let gaps: Counter
    let unsought: Counter
    let archivePages: Counter
    let quietDifferences: Counter
    let memberChecks: Counter
    let resumed: Counter
    let notResumed: Counter
    let accepted: Counter
    let duplicates: Counter
    let limited: Counter
    let refused: Counter
    let unanswered: Counter
    let waiting: Gauge
    let waitingBytes: Gauge
    let gathered: Counter
    let tooFewReplicas: Counter
    let archiveQuestions: Counter
    let retriesPutOff: Counter
    let busMemory: Gauge
    let busMemoryBound: Gauge
    let storedWaits: Gauge
    let leftBehind: Counter
    let lost: Counter
    let directUntold: Gauge
    let directUntoldDropped: Counter
    let sendSeconds: Histogram
    let unknown: Gauge
    let degraded: [ServiceComponent: Gauge]
    private let turnedDown: [EdgeLimit: Counter]

    init(_ registry: Registry) {
        connections = registry.gauge(
            "parley_gateway_connections", help: "WebSocket connections that are open.")
        opened = registry.counter("parley_gateway_connections_opened_total", help: "Connections opened.")
        closed = registry.counter("parley_gateway_connections_closed_total", help: "Connections ended.")
        frames = registry.counter("parley_gateway_frames_received_total", help: "Text messages received.")
        malformed = registry.counter(
            "parley_gateway_frames_malformed_total", help: "Frames that were refused.")
        deliveries = registry.counter(
            "parley_gateway_deliveries_total", help: "Envelopes of rooms' logs offered to live connections.")
        conflated = registry.counter(
            "parley_gateway_frames_conflated_total",
            help: "Ephemeral frames that slow readers were not sent, as newer ones made them needless.")
        compressed = registry.counter(
            "parley_gateway_compressed_messages_total",
            help: "Messages compressed: once on each loop, however many receive them there.")
        compressedFrom = registry.counter(
            "parley_gateway_compressed_plain_bytes_total", help: "Their bytes before.")
        compressedTo = registry.counter("parley_gateway_compressed_bytes_total", help: "Their bytes after.")
        spared = registry.counter(
            "parley_gateway_compression_saved_bytes_total",
            help: "Bytes that need not be sent, counted for every receiver.")
        inflated = registry.counter(
            "parley_gateway_inflated_messages_total", help: "Compressed messages received.")
        inflatedTo = registry.counter(
            "parley_gateway_inflated_bytes_total", help: "Their bytes, inflated.")
        slowConsumers = registry.counter(
            "parley_gateway_slow_consumers_total", help: "Connections closed because they read too slowly.")
        turnedAway = registry.counter(
            "parley_gateway_overloaded_connections_total",
            help: "Connections closed at once because too much waits here.")
        overloaded = registry.gauge(
            "parley_gateway_overloaded", help: "1 while new connections are closed as too much waits here.")
        registry.gauge(
            "parley_gateway_queued_bytes", help: "Bytes that wait to be sent, each frame counted once.",
            read: { Double(SharedBytes.bytesAlive) })
        holes = registry.counter(
            "parley_gateway_holes_total", help: "Times the log was read on because a live feed had a hole.")
        gaps = registry.counter(
            "parley_gateway_gaps_total", help: "Gap frames: what a connection could not be given.")
        unsought = registry.counter(
            "parley_gateway_archive_unanswered_total",
            help: "Holes that became gaps because the archive did not answer in time.")
        archivePages = registry.counter(
            "parley_gateway_archive_pages_total", help: "Pages of rooms' logs asked of the archive.")
        quietDifferences = registry.counter(
            "parley_gateway_quiet_differences_total",
            help: "Quiet rooms that were found to have gone on unnoticed.")
        memberChecks = registry.counter(
            "parley_gateway_member_checks_total",
            help: "Comparisons of a room's connections with its members.")
        resumed = registry.counter(
            "parley_gateway_resumed_total", help: "Joins with since that were recovered.")
        notResumed = registry.counter(
            "parley_gateway_not_resumed_total", help: "Joins with since that could not be recovered.")
        accepted = registry.counter("parley_gateway_messages_accepted_total", help: "Messages given a place.")
        duplicates = registry.counter(
            "parley_gateway_messages_duplicate_total", help: "Sends answered with the place given before.")
        limited = registry.counter(
            "parley_gateway_messages_limited_total", help: "Sends over the message limit.")
        refused = registry.counter("parley_gateway_messages_refused_total", help: "Sends refused otherwise.")
        unanswered = registry.counter(
            "parley_gateway_messages_unanswered_total",
            help: "Sends that were given up after 5 s, as Redis or a replica had not answered, or too late.")
        waiting = registry.gauge(
            "parley_gateway_messages_waiting",
            help:
                "Sends that wait for their answer, bounded by SEND_BACKLOG; many of them: Redis is slow or away."
        )
        waitingBytes = registry.gauge(
            "parley_gateway_messages_waiting_bytes", help: "What they occupy, bounded by SEND_BACKLOG_BYTES.")
        gathered = registry.counter(
            "parley_gateway_messages_gathered_total",
            help: "Sends that waited for others under load, GATHER_MILLISECONDS at most.")
        archiveQuestions = registry.counter(
            "parley_gateway_archive_questions_total",
            help: "Messages of outboxes that the archive was asked about.")
        retriesPutOff = registry.counter(
            "parley_gateway_retries_put_off_total",
            help: "Messages of outboxes refused as the archive could not tell whether it has them.")
        busMemory = registry.gauge(
            "parley_gateway_redis_memory_bytes",
            help: "What Redis says that it uses; from nine tenths of its bound on sends are overloaded.")
        busMemoryBound = registry.gauge(
            "parley_gateway_redis_memory_bound_bytes", help: "Redis' maxmemory; 0: it has none.")
        storedWaits = registry.gauge(
            "parley_gateway_stored_waits",
            help: "Messages whose senders wait for message_stored; with many, the archive is slow or away.")
        leftBehind = registry.counter(
            "parley_gateway_loops_left_behind_total",
            help: "Times that a loop read its rooms again, as more waited there than a loop may be behind.")
        lost = registry.counter(
            "parley_gateway_messages_lost_total",
            help: "Accepted messages whose senders were told that neither Redis nor the archive has them.")
        directUntold = registry.gauge(
            "parley_gateway_direct_untold",
            help: "Direct rooms of which a user's devices are still to be told: Redis did not answer.")
        directUntoldDropped = registry.counter(
            "parley_gateway_direct_untold_dropped_total",
            help: "Direct messages that devices were not told of, as too many waited for that.")
        tooFewReplicas = registry.counter(
            "parley_gateway_replica_waits_short_total",
            help: "Waits for replicas that ended with fewer than REDIS_ACK_REPLICAS.")
        sendSeconds = registry.histogram(
            "parley_gateway_send_seconds", help: "Time from a send to its answer.")
        unknown = registry.gauge(
            "parley_gateway_unauthenticated_connections",
            help: "Connections that have not said yet who they are.")
        degraded = Dictionary(
            uniqueKeysWithValues: ServiceComponent.allCases.map { component in
                let gauge = registry.gauge(
                    "parley_gateway_degraded", help: "1 while clients are told that this part has failed.",
                    labels: ["component": component.rawValue])
                return (component, gauge)
            })
        turnedDown = Dictionary(
            uniqueKeysWithValues: EdgeLimit.allCases.map { limit in
                let counter = registry.counter(
                    "parley_gateway_refused_total",
                    help: "What a limit of the edge has refused, slowed down or closed, by reason.",
                    labels: ["reason": limit.rawValue])
                return (limit, counter)
            })
    }

    /// Counts that a limit was met.
    func met(_ limit: EdgeLimit) { turnedDown[limit]?.add() }

    /// The compression of a loop, counted; nil where it is off.
    func compression(minimumBytes: Int?) -> Compression? {
        guard let minimumBytes else { return nil }
        let compression = Compression(minimumBytes: minimumBytes)
        compression.onDeflated = { [compressed, compressedFrom, compressedTo] plain, deflated in
            compressed.add()
            compressedFrom.add(plain)
            compressedTo.add(deflated)
        }
        compression.onSpared = { [spared] in spared.add($0) }
        compression.onInflated = { [inflated, inflatedTo] _, plain in
            inflated.add()
            inflatedTo.add(plain)
        }
        return compression
    }

    func note(_ outcome: SendOutcome, milliseconds: Int) {
        sendSeconds.observe(Double(milliseconds) / 1000)
        switch outcome {
        case .accepted(_, _, let isDuplicate, _): (isDuplicate ? duplicates : accepted).add()
        case .limited: limited.add()
        case .refused: refused.add()
        }
    }
}
