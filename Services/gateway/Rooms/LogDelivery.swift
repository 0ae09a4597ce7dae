import Bus
import Schema

/// Envelopes that follow one another without a break, to be given together.
///
/// Pure.
struct LogDelivery<Payload> {
    private var envelopes: [LogEnvelope<Payload>] = []
    /// What is known of the stretch before the first of them.
    private(set) var ground = LogGround()

    /// Adds one, if it follows the last; false where those before it have to be given first.
    mutating func append(_ envelope: LogEnvelope<Payload>, over ground: LogGround) -> Bool {
        guard let last = envelopes.last?.position else {
            self.ground = ground
            envelopes.append(envelope)
            return true
        }
        let position = envelope.position
        guard position.epoch == last.epoch, position.seq == last.seq &+ 1 else { return false }
        envelopes.append(envelope)
        return true
    }

    mutating func takeAll() -> [LogEnvelope<Payload>] {
        defer { envelopes = [] }
        return envelopes
    }
}
