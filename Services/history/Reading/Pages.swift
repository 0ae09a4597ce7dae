import Bus
import Hosting
import Postgres
import Redis
import Schema

/// Reads pages of history: the newest part from Redis, where what was accepted is there at once, the rest from the
/// archive.
///
/// Belongs to its loop. Whoever asks has checked membership before.
final class Pages {
    /// The bytes of a page: more would cost whoever waits behind it on the same connection.
    static let maxBytes = Limits.historyPageBytes - 512

    private let redis: RedisClient
    private let recent: RecentLog
    private let archive: ArchivedLog
    private let metrics: HistoryMetrics
    private let log: Log

    init(redis: RedisClient, archive: ArchivedLog, metrics: HistoryMetrics, log: Log) {
        self.redis = redis
        recent = RecentLog(redis: redis)
        self.archive = archive
        self.metrics = metrics
        self.log = log
    }

    /// Reads a page.
    ///
    /// - Throws: what is the matter with Redis, or `.refused(.historyUnavailable)` where the archive cannot answer for its
    ///   part.
    func page(_ request: PageRequest) async throws(BusError) -> HistoryPage {
        var cut = try await read(request)
        if !cut.isUnbroken {
            cut = try await read(request)
            // Still broken: a seq that the archive has nothing for, such as an entry whose place could not be read.
            if !cut.isUnbroken { metrics.brokenPages.add() }
        }
        metrics.pages.add()
        return cut.page(maxBytes: Pages.maxBytes, hasOpposite: try await hasOpposite(request))
    }

    /// Reads a page of what is archived, while Redis is away: what is newer cannot be seen, and is taken to be there.
    ///
    /// - Throws: `.refused(.historyUnavailable)`, also where the page would have to begin in what cannot be seen.
    func archivedPage(_ request: PageRequest) async throws(BusError) -> HistoryPage {
        let page: HistoryPage?
        do throws(PostgresError) {
            page = try await archivedPart(request)
        } catch {
            throw refuse(error)
        }
        guard let page else { throw .refused(.historyUnavailable) }
        metrics.pages.add()
        return page
    }

    /// Nil where something that was accepted may lie between the page and the place that it was asked from.
    private func archivedPart(_ request: PageRequest) async throws(PostgresError) -> HistoryPage? {
        let hasOpposite: Bool
        switch request.place {
        case .before(nil): hasOpposite = true
        case .before(let before?):
            guard try await archive.reaches(max(before, 1) &- 1, in: request.room) else { return nil }
            hasOpposite = true
        case .after(let after): hasOpposite = try await archive.hasAny(of: request.room, in: 0...after)
        }
        var cut = PageCut(request, recent: [])
        if let stretch = cut.missing {
            cut.fill(try await archive.envelopes(of: request.room, in: stretch))
        }
        cut.goWithoutRecent()
        return cut.page(maxBytes: Pages.maxBytes, hasOpposite: hasOpposite)
    }

    private func read(_ request: PageRequest) async throws(BusError) -> PageCut {
        let recent = try await recentPart(request)
        // Asked after them: an epoch that begins in between makes less of it sure, never more.
        let marks = try await marks(of: request.room)
        var cut = PageCut(
            request, recent: await withTombstones(recent, of: request.room, dead: marks.dead),
            first: marks.first)
        guard let stretch = cut.missing else { return cut }
        do throws(PostgresError) {
            cut.fill(try await archive.envelopes(of: request.room, in: stretch))
        } catch {
            guard cut.goWithoutArchive() else { throw refuse(error) }
        }
        return cut
    }

    private func recentPart(_ request: PageRequest) async throws(BusError) -> [LoggedEnvelope] {
        let reach = PageCut.reach(request)
        do throws(RedisError) {
            switch request.place {
            case .before(let before?) where before <= 1: return []
            case .before(let before):
                return try await recent.newest(reach, of: request.room, before: before)
            case .after(let after):
                return try await recent.following(after, of: request.room, count: reach)
            }
        } catch {
            throw .redis(error)
        }
    }

    /// What became a dead letter stands in Redis as it was sent, until it is trimmed; the archive has its tombstone.
    ///
    /// While the archive is away it is shown as it was delivered.
    private func withTombstones(
        _ envelopes: [LoggedEnvelope], of room: RoomID, dead: [Int64]
    ) async -> [LoggedEnvelope] {
        let shown = Set(envelopes.map(\.seq)).intersection(dead)
        guard !shown.isEmpty, let archived = try? await archive.envelopes(of: room, at: shown.sorted()) else {
            return envelopes
        }
        return PageCut.replace(envelopes, by: archived)
    }

    /// Where the present epoch begins (what is older may have been lost in part, by a Redis that was set back), and where
    /// dead letters were to stand.
    private func marks(of room: RoomID) async throws(BusError) -> (first: Int64, dead: [Int64]) {
        do throws(RedisError) {
            let reply = try await redis.call("HMGET", .text(Keys.room(room)), "first", "dead")
            let dead = (reply[1].text ?? "").split(separator: " ")
            return (reply[0].int ?? .max, dead.compactMap { LogPosition(parsing: String($0))?.seq })
        } catch {
            throw .redis(error)
        }
    }

    /// Whether anything lies on the side that the page was asked from: at `before` and above, at `after` and below.
    private func hasOpposite(_ request: PageRequest) async throws(BusError) -> Bool {
        do throws(RedisError) {
            switch request.place {
            case .before(nil), .after(0): return false
            case .before(let before?):
                let above = try await recent.following(max(before &- 1, 0), of: request.room, count: 1)
                guard above.isEmpty else { return true }
                return await isArchived(request.room, before ... .max)
            case .after(let after):
                if let oldest = try await recent.oldest(of: request.room), oldest <= after { return true }
                return await isArchived(request.room, 0...after)
            }
        } catch {
            throw .redis(error)
        }
    }

    /// While the archive is away, something is taken to be there: at worst the reader finds an empty page.
    private func isArchived(_ room: RoomID, _ range: ClosedRange<Int64>) async -> Bool {
        (try? await archive.hasAny(of: room, in: range)) ?? true
    }

    private func refuse(_ error: PostgresError) -> BusError {
        log.warn("a page cannot be read", .error(error))
        return .refused(.historyUnavailable)
    }
}
