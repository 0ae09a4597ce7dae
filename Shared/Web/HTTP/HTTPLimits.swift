/// The bounds on what one HTTP connection may send and how long it may take.
public struct HTTPLimits: Sendable, Equatable {
    /// Bytes of a request line; over it 414.
    public var requestLineBytes = 8_192
    /// Bytes of a header section, and of a trailer section; over it 431.
    public var headerBytes = 32_768
    /// Lines of a header section; over it 431.
    public var headerCount = 100
    /// Bytes of a body; over it 413.
    public var bodyBytes = 1_048_576
    /// Bytes of all chunk size lines of a body beyond their digits; over it 400.
    public var chunkExtensionBytes = 16_384
    /// Bytes of further requests that may wait while one is answered; over it reading pauses.
    public var pipelinedBytes = 65_536
    /// Bytes of answers that may wait for a client that does not read; one more closes the connection.
    public var queuedResponseBytes = 8_388_608
    /// Connections at once, upgraded ones not counted; over it the longest idle one is closed, or the new one
    /// answered 503.
    public var connections = 20_000
    /// Connections of one address at once, proxies' excepted; over it 429; 0 is no limit.
    public var connectionsPerAddress = 0
    /// Connections whose request has not come in whole; over it the one is closed that has waited longest.
    public var unfinished = 4_096
    /// The same for one address, proxies' excepted; 0 is no limit.
    public var unfinishedPerAddress = 0
    /// Bytes that unfinished requests may hold together; over it the oldest of them are closed.
    public var unfinishedBytes = 67_108_864
    /// Connections that shake hands by TLS at once, each as long as a header may take.
    ///
    /// Over it the oldest is closed.
    public var handshakes = 1_024
    /// Milliseconds from the first byte of a request to the end of its header; over it 408.
    public var headerMilliseconds = 10_000
    /// Milliseconds from the end of the header to the end of the body; over it 408.
    public var bodyMilliseconds = 30_000
    /// Milliseconds that a connection may wait for its next request.
    public var idleMilliseconds = 60_000
    /// Bytes of a waiting answer that a client must take in each idle time; less closes the connection.
    public var answerBytes = 16_384
    /// Milliseconds to read on after a refusal, so that a client in mid-send sees why.
    public var lingerMilliseconds = 2_000

    /// Makes the limits of the product; change what differs.
    public init() {}
}
