import Bus
import Redis
import Schema

/// What one who joins is given before the live envelopes, read before `joined` is sent.
struct JoinStart {
    /// Whether all that was missed follows; nil without a `since`.
    let recovered: Bool?
    /// The place after which the log follows; nil where the page stands for itself.
    let place: LogPosition?
    let page: LogReader.Page

    /// Reads it: what follows `since` where that can be had whole, else the newest envelopes.
    static func read(
        _ request: JoinRoom, _ extent: LogExtent, by reader: LogReader
    ) async throws(RedisError) -> JoinStart {
        if request.since == extent.newest {
            let nothing = LogReader.Page(isLast: true, ground: LogGround(extent: extent))
            return JoinStart(recovered: true, place: extent.newest, page: nothing)
        }
        if let since = request.since, let page = try await missed(since, extent, reader) {
            return JoinStart(recovered: true, place: since, page: page)
        }
        let (place, page) = try await reader.newest(request.recent, upTo: extent)
        return JoinStart(recovered: request.since == nil ? nil : false, place: place, page: page)
    }

    /// The first page after `since`; nil where nobody can vouch that all follows, or it is too much.
    private static func missed(
        _ since: LogPosition, _ extent: LogExtent, _ reader: LogReader
    ) async throws(RedisError) -> LogReader.Page? {
        switch Resumption(of: since, in: extent) {
        case .unknown: return nil
        case .askArchive: guard (try? await reader.holds(since)) == true else { return nil }
        case .known: break
        }
        guard try await !isTooOld(since, extent, reader) else { return nil }
        do throws(LogReader.Failure) {
            let page = try await reader.page(after: since, until: extent.newest.seq)
            return page.isWhole(after: since) ? page : nil
        } catch {
            guard case .redis(let error) = error else { return nil }
            throw error
        }
    }

    private static func isTooOld(
        _ since: LogPosition, _ extent: LogExtent, _ reader: LogReader
    ) async throws(RedisError) -> Bool {
        let limit = Resumption.archiveLimit
        guard Resumption.count(after: since, below: .max, in: extent) > limit else { return false }
        let oldest = try await reader.oldestRecent() ?? .max
        return Resumption.count(after: since, below: oldest, in: extent) > limit
    }
}

extension LogPage {
    /// Envelopes that stand for themselves: the longest stretch without a gap that ends where the log does.
    init(lead envelopes: [LogEnvelope<Payload>], upTo extent: LogExtent) {
        self.init(envelopes: envelopes[...], isLast: true, ground: LogGround(extent: extent))
        while !self.envelopes.isEmpty, !isWhole(after: nil) { self.envelopes.removeFirst() }
    }

    /// Whether nothing is missing on the page: what the archive has lost or given up makes a gap there.
    func isWhole(after place: LogPosition?) -> Bool {
        var cursor = MemberCursor(at: place, mv: .max, ticket: 0, page: self)
        while true {
            switch cursor.next(verified: .max, feed: place ?? LogPosition(epoch: "", seq: 0)) {
            case .give(let notices, _), .notify(let notices):
                guard notices.allSatisfy({ !$0.isGap }) else { return false }
            case .check, .read, .live: return true
            }
        }
    }
}

extension LogNotice {
    fileprivate var isGap: Bool {
        guard case .gap = self else { return false }
        return true
    }
}
