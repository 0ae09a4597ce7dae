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
    static let maxBytes = 256 * 1024 - 512

    private let recent: RecentLog
    private let archive: ArchivedLog
    private let metrics: HistoryMetrics
    private let log: Log

    init(redis: RedisClient, archive: ArchivedLog, metrics: HistoryMetrics, log: Log) {
        recent = RecentLog(redis: redis)
        self.archive = archive
        self.metrics = metrics
        self.log = log
    }

    /// Reads a page.
    ///
    /// - Throws: `.busUnavailable` or `.historyUnavailable`, where one of the two cannot answer for its part.
    func page(_ request: PageRequest) async throws(ErrorCode) -> HistoryPage {
        var cut = try await read(request)
        if !cut.isUnbroken {
            cut = try await read(request)
            // Still broken: a seq that the archive has no message for, such as a dead letter's.
            if !cut.isUnbroken { metrics.brokenPages.add() }
        }
        metrics.pages.add()
        return cut.page(maxBytes: Pages.maxBytes, hasOpposite: try await hasOpposite(request))
    }

    private func read(_ request: PageRequest) async throws(ErrorCode) -> PageCut {
        var cut = PageCut(request, recent: try await recentPart(request))
        guard let stretch = cut.missing else { return cut }
        do throws(PostgresError) {
            cut.fill(try await archive.envelopes(of: request.room, in: stretch))
        } catch {
            guard cut.goWithoutArchive() else { throw refuse(error) }
        }
        return cut
    }

    private func recentPart(_ request: PageRequest) async throws(ErrorCode) -> [LoggedEnvelope] {
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
            throw .busUnavailable
        }
    }

    /// Whether anything lies on the side that the page was asked from: at `before` and above, at `after` and below.
    private func hasOpposite(_ request: PageRequest) async throws(ErrorCode) -> Bool {
        do throws(RedisError) {
            switch request.place {
            case .before(nil), .after(0): return false
            case .before(let before?):
                let above = try await recent.following(max(before - 1, 0), of: request.room, count: 1)
                guard above.isEmpty else { return true }
                return await isArchived(request.room, before ... .max)
            case .after(let after):
                if let oldest = try await recent.oldest(of: request.room), oldest <= after { return true }
                return await isArchived(request.room, 0...after)
            }
        } catch {
            throw .busUnavailable
        }
    }

    /// While the archive is away, something is taken to be there: at worst the reader finds an empty page.
    private func isArchived(_ room: RoomID, _ range: ClosedRange<Int64>) async -> Bool {
        (try? await archive.hasAny(of: room, in: range)) ?? true
    }

    private func refuse(_ error: PostgresError) -> ErrorCode {
        log.warn("a page cannot be read", .error(error))
        return .historyUnavailable
    }
}
