public import Schema

/// Asks history for pages of a room's log of all kinds: what Redis has and what the archive has, joined.
public struct ArchivePages {
    /// The most envelopes of a page.
    public static let limit = Int64(Limits.historyPage.upperBound)

    private let rpc: RPCClient

    /// Makes a reader.
    public init(rpc: RPCClient) { self.rpc = rpc }

    /// The envelopes with a seq above `after`, in rising order, as many as a page holds.
    public func following(
        _ after: Int64, of room: RoomID, timeoutMilliseconds: Int
    ) async throws(BusError) -> ArchivePage {
        try await page(["after": .int(after), "limit": .int(Self.limit)], room, timeoutMilliseconds)
    }

    /// The newest envelopes with a seq below `before`, at most so many, in rising order.
    public func newest(
        _ count: Int, of room: RoomID, before: Int64, timeoutMilliseconds: Int
    ) async throws(BusError) -> ArchivePage {
        try await page(["before": .int(before), "limit": .int(Int64(count))], room, timeoutMilliseconds)
    }

    private func page(
        _ place: [String: JSONValue], _ room: RoomID, _ timeoutMilliseconds: Int
    ) async throws(BusError) -> ArchivePage {
        let request = place.merging(["room": .string(room.text), "types": .string("all")]) { one, _ in one }
        let text = try await rpc.text(
            "history", "page", .object(request), timeoutMilliseconds: timeoutMilliseconds)
        guard let page = ArchivePage(text) else { throw .malformed }
        return page
    }
}

/// A page of history, its envelopes as bytes.
public struct ArchivePage: Sendable, Hashable {
    /// In rising order of seq, unbroken as far as Redis and the archive have them.
    public var envelopes: [LoggedEnvelope]
    /// Whether nothing lies further in the direction that was asked for.
    public var isComplete: Bool

    /// Reads `{"messages":[…],…,"complete":…}`, taking the envelopes as they stand there: clients get these bytes.
    init?(_ text: [UInt8]) {
        let opening = Array("{\"messages\":[".utf8)
        guard text.starts(with: opening) else { return nil }
        var splitter = ElementSplitter(text, from: opening.count)
        envelopes = []
        while let element = splitter.next() {
            guard let position = EnvelopeHead(reading: element)?.position else { return nil }
            envelopes.append(LoggedEnvelope(seq: position.seq, bytes: element))
        }
        guard let rest = splitter.rest, let members = try? JSONValue(parsing: [UInt8(ascii: "{")] + rest),
            case .bool(let isComplete)? = members["complete"]
        else { return nil }
        self.isComplete = isComplete
    }
}

/// Cuts the text of a JSON array of objects into the texts of its elements, without parsing them.
///
/// Pure.
private struct ElementSplitter {
    private let text: [UInt8]
    private var index: Int

    init(_ text: [UInt8], from index: Int) {
        self.text = text
        self.index = index
    }

    /// The next element; nil at the end, or where no object begins.
    mutating func next() -> [UInt8]? {
        if byte == UInt8(ascii: ",") { index += 1 }
        guard byte == UInt8(ascii: "{") else { return nil }
        let start = index
        var depth = 0
        var isInString = false
        while let byte {
            index += 1
            switch byte {
            case UInt8(ascii: "\\") where isInString: index += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString:
                depth -= 1
                if depth == 0 { return Array(text[start..<index]) }
            default: break
            }
        }
        return nil
    }

    /// What follows the end of the array, without the comma; nil where the array has not ended.
    var rest: ArraySlice<UInt8>? {
        guard byte == UInt8(ascii: "]") else { return nil }
        return text.dropFirst(index + 1).drop { $0 == UInt8(ascii: ",") }
    }

    private var byte: UInt8? { index < text.count ? text[index] : nil }
}
