/// What `INFO` answers: names and values, a line each.
public struct RedisInfo {
    private let lines: [Substring]

    /// Takes a reply; nil where it is no text.
    public init?(_ reply: RedisReply) {
        guard let text = reply.text else { return nil }
        lines = text.split(whereSeparator: \.isNewline)
    }

    /// The value of a name; nil where there is none.
    public subscript(name: String) -> String? {
        lines.first { $0.hasPrefix("\(name):") }.map { String($0.dropFirst(name.count + 1)) }
    }
}
