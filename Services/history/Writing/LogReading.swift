import Schema

/// What was taken of a partition's log, sorted by what can be done with it.
struct LogReading {
    /// The ids of all entries, in order: what is acknowledged in the end.
    private(set) var entryIDs: [String] = []
    /// What can become rows, in order: what was accepted, and tombstones.
    private(set) var records: [LogRecord] = []
    /// What has no place that could be kept.
    private(set) var dead: [DeadLetter] = []
    /// The bytes of all envelopes, as `room_accept` has counted them.
    private(set) var bytes = 0

    /// The newest of the entries; all before it have been taken too.
    var lastEntryID: String { entryIDs.last ?? "0-0" }

    init(_ entries: [PartitionLog.Entry], of partition: Partition, now: Int64) {
        for entry in entries {
            entryIDs.append(entry.id)
            let envelope = entry.envelope
            bytes += envelope.count
            do throws(Unfit) {
                records.append(try LogRecord(envelope, entryID: entry.id, of: partition, now: now))
            } catch {
                bury(envelope, entry.id, partition, now, error)
            }
        }
    }

    private mutating func bury(
        _ envelope: [UInt8], _ entryID: String, _ partition: Partition, _ now: Int64, _ reason: Unfit
    ) {
        let tombstone = LogRecord(
            tombstoneFor: envelope, entryID: entryID, of: partition, now: now, reason: reason)
        if let tombstone {
            records.append(tombstone)
        } else {
            dead.append(DeadLetter(entryID: entryID, reason: reason))
        }
    }
}
