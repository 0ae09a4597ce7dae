import Bus
import Schema

/// What the archive says about places in a room's log, by a page of it.
///
/// Pure.
struct ArchivedPlaces {
    private let fates: [LogPosition: StoredStanding.Fate]
    /// How far the page tells of everything.
    private let end: Int64

    init(_ page: ArchivePage) {
        var fates: [LogPosition: StoredStanding.Fate] = [:]
        for envelope in page.envelopes {
            guard let position = EnvelopeHead(reading: envelope.bytes)?.position else { continue }
            fates[position] = Self.isTombstone(envelope.bytes) ? .dead : .stored
        }
        self.fates = fates
        end = page.isComplete ? .max : page.envelopes.last?.seq ?? 0
    }

    /// What became of a place that is not below the page; nil where it lies beyond the page.
    func fate(of position: LogPosition) -> StoredStanding.Fate? {
        if let fate = fates[position] { return fate }
        return position.seq <= end ? .lost : nil
    }

    private static func isTombstone(_ envelope: [UInt8]) -> Bool {
        (try? JSONValue(parsing: envelope))?["data"]?["deleted"] == .bool(true)
    }
}
