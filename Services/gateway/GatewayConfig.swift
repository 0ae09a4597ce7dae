import Access
import Bus
import Glibc
import Hosting
import Redis
import Schema
import Web

/// The settings of a gateway.
struct GatewayConfig: ServiceConfiguration {
    let hosting: HostingSettings
    /// This gateway's name in the cluster.
    let id: String
    /// How many event loops share the connections.
    let loops: Int
    let redis: RedisAddress
    let tokens: TokenSettings
    /// What clients are told they may do.
    let limits: Limits
    /// Whether limits of rate and count are lifted.
    let limitsAreOff: Bool
    /// How many connections one address and one user may have here; 0: no limit.
    let connectionsPerAddress: Int
    let connectionsPerUser: Int
    /// How many connections may not have said yet who they are, in all and of one address, and what they may hold;
    /// 0: no limit.
    let unknown: WaitingConnections<UInt64>.Bounds
    /// How many frames a second one connection may send; 0: no limit.
    let framesPerSecond: Int
    /// What one WebSocket may send.
    let webSocket: WebSocketLimits
    /// Whether a token may stand in the address.
    let allowsQueryToken: Bool
    /// How long a connection may stay without saying who it is, in seconds.
    let authenticationSeconds: Int
    /// How often a ping goes out, and after how long a silent connection is dropped, in seconds.
    let heartbeatSeconds: Int
    let silenceSeconds: Int
    /// From how many bytes on a message is compressed; nil: compression is never agreed to.
    let compressMinBytes: Int?
    /// How many bytes may wait for one reader.
    let sendQueueBytes: Int
    /// How many bytes may wait to be sent and accepted in all, before nobody else may come.
    let memoryBytes: Int
    /// How long clients may take to go elsewhere when the gateway ends, in seconds.
    let drainSeconds: Int
    /// How many seqs the recent log of a room keeps, and how many at most while the archive lags.
    let recentKeep: Int
    let recentMax: Int
    /// How many bytes of a partition the archive may lack.
    let logMaxBytes: Int
    /// How many keys of messages a room remembers of ten minutes.
    let seenMax: Int
    /// How many replicas must have a message before it is acknowledged.
    let ackReplicas: Int
    /// How long messages wait for others under load, in milliseconds; 0: never.
    let gatherMilliseconds: Int
    /// How many messages, and bytes of them, may wait for Redis.
    let sendBacklog: SendBacklog.Bounds

    init(from settings: inout Settings) {
        let hosting = settings.hosting(port: 8080)
        drainSeconds = settings.seconds(
            "DRAIN_SECONDS", default: 10, in: 0...600,
            help: "How long clients may take to go elsewhere; SHUTDOWN_SECONDS is 10 more at least.")
        self.hosting = hosting.stopping(withinSeconds: max(hosting.shutdownSeconds, drainSeconds + 10))
        id = settings.parsed(
            "GATEWAY_ID", default: GatewayConfig.hostName, expects: "1–64 of letters, digits, - _ .",
            help: "This gateway's name in the cluster: unique."
        ) { text in
            (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(GatewayConfig.isOfID) ? text : nil
        }
        let loops = settings.int(
            "LOOPS", default: 0, in: 0...256, unit: "loops",
            help: "How many threads serve connections; 0: one for each core it may use.")
        self.loops = loops == 0 ? Cores.available : loops
        redis = settings.redis()
        tokens = settings.tokens()
        let member = settings.memberPolicy()
        limits = Limits(
            messageBytes: settings.bytes(
                "MAX_MESSAGE_BYTES", default: 65_536, in: Limits.messageBytesRange,
                help: "Largest frame or message of a client; more closes the connection."),
            contentChars: settings.int(
                "MAX_CONTENT_CHARS", default: 4_000, in: 1...1_000_000, unit: "Unicode scalars",
                help: "Longest content of a message."),
            messagesPerWindow: member.messages, windowSeconds: member.seconds,
            rooms: settings.int(
                "MAX_ROOMS_PER_CONNECTION", default: 100, in: 1...10_000, unit: "rooms",
                help: "How many rooms one connection may have joined."),
            metadataDepth: settings.int(
                "MAX_METADATA_DEPTH", default: 8, in: 1...(Limits.jsonDepth - 2), unit: "levels",
                help: "How deep a message's metadata may be nested, itself included."),
            metadataBytes: settings.bytes(
                "MAX_METADATA_BYTES", default: 16_384, in: Limits.metadataBytesRange,
                help: "Largest metadata of a message."))
        webSocket = settings.webSocket(messageBytes: limits.messageBytes)
        limitsAreOff = !settings.hasLimits()
        let framesPerSecond = settings.int(
            "MAX_FRAMES_PER_SECOND", default: 1_000, in: 0...1_000_000, unit: "frames",
            help:
                "How many frames a connection may send, five seconds' worth at once; more wait unread. 0: any."
        )
        self.framesPerSecond = limitsAreOff ? 0 : framesPerSecond
        let perUser = settings.int(
            "MAX_CONNECTIONS_PER_USER", default: 16, in: 0...1_000_000, unit: "connections",
            help: "How many connections one user may have at this gateway; 0 is no limit.")
        connectionsPerAddress = settings.connectionsPerAddress()
        connectionsPerUser = limitsAreOff ? 0 : perUser
        unknown = .init(
            total: hosting.http.unfinished, perAddress: hosting.http.unfinishedPerAddress,
            bytes: hosting.http.unfinishedBytes)
        allowsQueryToken = settings.bool(
            "ALLOW_QUERY_TOKEN", default: true, help: "Whether ?token= is taken; it is never logged.")
        authenticationSeconds = settings.seconds(
            "AUTHENTICATION_SECONDS", default: 5, in: 1...60,
            help: "How long a connection may stay without saying who it is.")
        heartbeatSeconds = settings.seconds(
            "HEARTBEAT_SECONDS", default: 25, in: 1...3_600, help: "How often a ping goes out.")
        silenceSeconds = settings.seconds(
            "SILENCE_SECONDS", default: 60, in: 2...7_200,
            help: "After how long a connection that answers nothing is dropped; more than HEARTBEAT_SECONDS.")
        if silenceSeconds <= heartbeatSeconds {
            settings.reject("SILENCE_SECONDS", because: "is not more than HEARTBEAT_SECONDS")
        }
        let compresses = settings.bool(
            "COMPRESSION", default: true,
            help: "Whether permessage-deflate (RFC 7692) is agreed to where a client offers it.")
        let compressMinimum = settings.bytes(
            "COMPRESS_MIN_BYTES", default: 256, in: 0...16_777_216,
            help: "How long a message must be to be sent compressed; 0 is as COMPRESSION=off.")
        compressMinBytes = compresses && compressMinimum > 0 ? compressMinimum : nil
        sendQueueBytes = settings.bytes(
            "SEND_QUEUE_BYTES", default: 1_048_576, in: 65_536...1_073_741_824,
            help:
                "How much may wait for one reader; more closes it as a slow consumer. At least MAX_MESSAGE_BYTES."
        )
        if sendQueueBytes < limits.messageBytes {
            settings.reject("SEND_QUEUE_BYTES", because: "is less than MAX_MESSAGE_BYTES")
        }
        memoryBytes = settings.bytes(
            "MEMORY_BYTES", default: 536_870_912, in: 1_048_576...1_099_511_627_776,
            help:
                "How much may wait for all readers together; beyond, new connections and pages of history are refused."
        )
        recentKeep = settings.recentKeep()
        recentMax = settings.int(
            "RECENT_MAX", default: 20_000, in: 1_000...1_000_000, unit: "messages",
            help: "How many it keeps at most while the archive lags; then sends are refused.")
        logMaxBytes = settings.bytes(
            "LOG_MAX_BYTES", default: 67_108_864, in: 1_048_576...17_179_869_184,
            help: "How much a partition may hold that is not archived yet; then sends are refused.")
        seenMax = settings.int(
            "SEEN_MAX", default: 2_000_000, in: 1_000...100_000_000, unit: "messages",
            help: "How many messages a room takes, and remembers, in ten minutes; then sends are refused.")
        ackReplicas = settings.int(
            "REDIS_ACK_REPLICAS", default: 0, in: 0...16, unit: "replicas",
            help: "How many replicas of Redis must have a message before it is acknowledged.")
        gatherMilliseconds = settings.milliseconds(
            "GATHER_MILLISECONDS", default: 60, in: 0...1_000,
            help: "How long messages may wait under load, to share work; 0: never, else 4 at least.")
        sendBacklog = SendBacklog.Bounds(
            messages: settings.int(
                "SEND_BACKLOG", default: 10_000, in: 100...1_000_000, unit: "messages",
                help: "How many messages of all clients may wait for Redis; more are refused as overloaded."),
            bytes: settings.bytes(
                "SEND_BACKLOG_BYTES", default: 67_108_864, in: 1_048_576...17_179_869_184,
                help: "How much they may occupy, 5 s long; more is refused as overloaded."))
    }

    /// The trusted proxies.
    var proxies: TrustedProxies { hosting.proxies }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "gateway" }
        return Self.id(ofHost: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }

    /// The name of a gateway on a host of this name, which may be of any bytes.
    static func id(ofHost name: [UInt8]) -> String {
        let bytes = name.prefix(64).map { isOfID($0) ? $0 : UInt8(ascii: "-") }
        return bytes.isEmpty ? "gateway" : String(decoding: bytes, as: UTF8.self)
    }

    private static func isOfID(_ byte: UInt8) -> Bool {
        switch UnicodeScalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".": true
        default: false
        }
    }
}

extension Settings {
    /// The bounds on one WebSocket.
    fileprivate mutating func webSocket(messageBytes: Int) -> WebSocketLimits {
        var limits = WebSocketLimits()
        limits.maxMessageBytes = messageBytes
        let frameBytes = bytes(
            "MAX_FRAME_BYTES", default: 0, in: 0...16_777_216,
            help: "Largest frame of a client; more closes the connection. 0 is MAX_MESSAGE_BYTES.")
        limits.maxFrameBytes = frameBytes == 0 ? messageBytes : frameBytes
        limits.maxFragments = int(
            "MAX_FRAGMENTS", default: limits.maxFragments, in: 1...1_000_000, unit: "frames",
            help: "How many frames a message may come in; more closes the connection.")
        return limits
    }
}
