/// Writes responses as HTTP/1.1 (RFC 9112, 4); pure, the date is handed in.
public struct ResponseEncoder: Sendable {
    /// What of the request shapes the response.
    public struct Context: Sendable {
        /// Whether the body is left out because the request was HEAD.
        public var isHead = false
        /// Whether the client speaks HTTP/1.0 and must be told that the connection stays.
        public var isHTTP10 = false
        /// Whether the connection closes after this response.
        public var closes = false

        /// Makes the ordinary case: HTTP/1.1, body, connection kept.
        public init() {}
    }

    /// What goes ahead of the body of a client that asked for leave to send it.
    public static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

    /// The fields that are ours to say; a handler's own are left out.
    private static let framing = ["Content-Length", "Transfer-Encoding", "Date", "Connection"]

    /// The bytes of a response.
    public static func encode(_ response: Response, _ context: Context, date: String) -> [UInt8] {
        var text = "HTTP/1.1 \(response.status)\r\nDate: \(date)\r\n"
        let isUpgrade = response.status == .switchingProtocols
        for field in response.headers.fields where isUpgrade || !isFraming(field.name) {
            text += "\(clean(field.name)): \(clean(field.value))\r\n"
        }
        if !response.status.isBodiless { text += "Content-Length: \(response.body.count)\r\n" }
        if !isUpgrade { text += connection(response.status, context) }
        text += "\r\n"
        let hasBody = !context.isHead && !response.status.isBodiless
        return Array(text.utf8) + (hasBody ? response.body : [])
    }

    private static func connection(_ status: Status, _ context: Context) -> String {
        var options: [String] = []
        // A response with the Upgrade field names it here (RFC 9110, 7.8).
        if status == .upgradeRequired { options.append("Upgrade") }
        if context.closes {
            options.append("close")
        } else if context.isHTTP10 {
            options.append("keep-alive")
        }
        return options.isEmpty ? "" : "Connection: \(options.joined(separator: ", "))\r\n"
    }

    private static func isFraming(_ name: String) -> Bool {
        framing.contains { Headers.equal($0, name) }
    }

    /// No handler can end a line early, whatever it echoes.
    private static func clean(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        return String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    }
}
