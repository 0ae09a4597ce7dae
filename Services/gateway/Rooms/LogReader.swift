import Bus
import Engine
import Hosting
import Redis
import Schema
import Web

/// Reads one room's log as one unbroken stretch, wherever its parts stand: first Redis, then what lies below it in
/// the archive.
///
/// Belongs to its loop.
final class LogReader {
    typealias Page = LogPage<MessageFrame>

    enum Failure: Error {
        /// Redis cannot be read.
        case redis(RedisError)
        /// The archive cannot answer for what Redis does not have; this is what Redis has, the break not explained.
        case archive(BusError, Page)
    }

    let room: RoomID
    private let recent: RecentLog
    private let archive: ArchivePages
    private let metrics: GatewayMetrics
    private var size = PageSize()

    /// How long the archive may take for a page.
    private static let archiveMilliseconds = 4_000

    init(_ room: RoomID, recent: RecentLog, archive: ArchivePages, metrics: GatewayMetrics) {
        self.room = room
        self.recent = recent
        self.archive = archive
        self.metrics = metrics
    }

    /// A page of what follows a place; the log is known to have had something up to seq `until`.
    ///
    /// The archive is asked only where Redis does not go on right after the place. What moves from one to the other
    /// meanwhile is found in the archive, as Redis is read first.
    func page(after place: LogPosition, until: Int64) async throws(Failure) -> Page {
        let stretch = try await recently(after: place, until: until)
        if let page = stretch.page { return page }
        do throws(BusError) {
            metrics.archivePages.add()
            let archived = try await archive.following(
                place.seq, of: room, timeoutMilliseconds: Self.archiveMilliseconds)
            let envelopes = archived.envelopes.compactMap(LogEnvelope.init)
            guard let page = stretch.joined(envelopes, isComplete: archived.isComplete) else {
                throw .malformed
            }
            return page
        } catch {
            throw .archive(error, stretch.unsought)
        }
    }

    private func recently(after place: LogPosition, until: Int64) async throws(Failure)
        -> LogStretch<MessageFrame>
    {
        let count = size.count
        do throws(RedisError) {
            let (mark, envelopes) = try await recent.stretch(after: place.seq, of: room, count: count)
            size.learn(from: envelopes)
            return LogStretch(
                after: place, until: until, recent: envelopes.compactMap(LogEnvelope.init),
                isAll: envelopes.count < count, extent: mark.extent)
        } catch {
            throw .redis(error)
        }
    }

    /// The newest envelopes up to a place, as many as there are and as the archive tells in time: a page that stands for
    /// itself, or the place from which to read them page by page.
    func newest(_ count: Int, upTo extent: LogExtent) async throws(RedisError) -> (LogPosition?, Page) {
        let end = extent.newest.seq &+ 1
        let found = try await newestRecent(count, below: end)
        if !found.areWhole, let first = found.first {
            return (LogPosition(epoch: first.epoch, seq: first.seq &- 1), .unread)
        }
        var envelopes = found.envelopes
        if found.mayLackSome(upTo: extent) {
            metrics.archivePages.add()
            let page = try? await archive.newest(
                count, of: room, before: end, timeoutMilliseconds: Self.leadMilliseconds)
            if let page, page.envelopes.last?.seq ?? 0 >= envelopes.last?.position.seq ?? 0 {
                envelopes = page.envelopes.compactMap(LogEnvelope.init)
            }
        }
        return (nil, Page(lead: envelopes, upTo: extent))
    }

    private func newestRecent(
        _ count: Int, below end: Int64
    ) async throws(RedisError) -> NewestEnvelopes<MessageFrame> {
        var found = NewestEnvelopes<MessageFrame>(count)
        while found.missing > 0 {
            let asked = min(found.missing, size.count)
            let older = try await recent.newest(asked, of: room, before: found.first?.seq ?? end)
            size.learn(from: older)
            let envelopes = older.compactMap(LogEnvelope.init)
            found.add(envelopes)
            guard older.count == asked, !envelopes.isEmpty else { break }
        }
        return found
    }

    /// Looks back as far as that counts; returns the place of the first message found, of the one told of where there is
    /// none before it.
    func look(_ lookBack: LookBack) async throws(RedisError) -> LogPosition {
        var lookBack = lookBack
        while lookBack.wanted > 0 {
            let count = min(lookBack.wanted, size.count)
            let older = try await recent.newest(count, of: room, before: lookBack.first.seq)
            size.learn(from: older)
            lookBack.add(
                older.compactMap { envelope in
                    let columns = try? EnvelopeColumns(reading: envelope.bytes)
                    guard let position = columns?.position, let time = columns?.ts else { return nil }
                    return (position, time)
                })
        }
        return lookBack.first
    }

    /// A join does not wait longer for what it can do without.
    private static let leadMilliseconds = 1_000

    /// Whether the archive, or what Redis has, holds an envelope at exactly this place.
    func holds(_ place: LogPosition) async throws(BusError) -> Bool {
        metrics.archivePages.add()
        let page = try await archive.newest(
            1, of: room, before: place.seq &+ 1, timeoutMilliseconds: Self.archiveMilliseconds)
        return page.envelopes.last.flatMap { EnvelopeHead(reading: $0.bytes)?.position } == place
    }

    /// The seq of the oldest envelope in Redis.
    func oldestRecent() async throws(RedisError) -> Int64? { try await recent.oldest(of: room) }
}

extension LogEnvelope where Payload == MessageFrame {
    init?(_ envelope: LoggedEnvelope) {
        guard let head = EnvelopeHead(reading: envelope.bytes) else { return nil }
        self.init(head, MessageFrame(text: envelope.bytes))
    }

    /// Nil for what is no part of a log.
    init?(_ head: EnvelopeHead, _ frame: MessageFrame) {
        guard let position = head.position, let mv = head.mv else { return nil }
        self.init(position: position, mv: mv, size: frame.plain.count, payload: frame)
    }
}
