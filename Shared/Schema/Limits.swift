/// What a stranger may make large: the settings that clients are told, and the fixed bounds of the format.
public struct Limits: Hashable, Sendable {
    /// The largest frame or message in bytes, after inflating (`MAX_MESSAGE_BYTES`).
    public var messageBytes: Int

    /// The longest content in Unicode scalars (`MAX_CONTENT_CHARS`).
    public var contentChars: Int

    /// How many messages a member may send in a window; 0 is no limit (`MESSAGE_RATE_LIMIT`).
    public var messagesPerWindow: Int

    /// The length of that window in seconds.
    public var windowSeconds: Int

    /// How many rooms one connection may have joined.
    public var rooms: Int

    /// How deep a message's metadata may be nested, itself included.
    public var metadataDepth: Int

    /// The largest metadata of a message in bytes, as we write it.
    public var metadataBytes: Int

    /// Takes the settings; what is left out has the protocol's default.
    public init(
        messageBytes: Int = 65_536, contentChars: Int = 4_000, messagesPerWindow: Int = 10,
        windowSeconds: Int = 60, rooms: Int = 100, metadataDepth: Int = 8, metadataBytes: Int = 16_384
    ) {
        self.messageBytes = messageBytes
        self.contentChars = contentChars
        self.messagesPerWindow = messagesPerWindow
        self.windowSeconds = windowSeconds
        self.rooms = rooms
        self.metadataDepth = metadataDepth
        self.metadataBytes = metadataBytes
    }
}

extension Limits {
    /// How deep any JSON from outside may be nested.
    public static let jsonDepth = 32

    /// The longest frame `id` in bytes, as sent, quotes included.
    public static let frameIDBytes = 1_024

    /// How many users one `get_presence` may ask for.
    public static let presenceUsers = 200

    /// How many recent envelopes a join may ask for.
    public static let recent = 0...100

    /// How many recent envelopes a join brings if it does not say.
    public static let defaultRecent = 50

    /// How many messages a page of history may hold.
    public static let historyPage = 1...200

    /// How many messages a page of history holds if the request does not say.
    public static let defaultHistoryPage = 50

    /// How large a page of history may be in bytes: it is cut there, though it has one message at least.
    public static let historyPageBytes = 262_144

    /// What `MAX_MESSAGE_BYTES` may be.
    ///
    /// An envelope has at most the bytes of its frame, those of its metadata, as that may be longer as we write it, and
    /// a head of a KiB. One must fit into an answer on the bus (384 KiB), and as many as a page and one more into one reply
    /// of Redis (64 MiB); two into what may wait for a reader.
    public static let messageBytesRange = 1_024...262_144

    /// What `MAX_METADATA_BYTES` may be.
    public static let metadataBytesRange = 2...65_536
}
