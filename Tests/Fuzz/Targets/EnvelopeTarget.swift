@testable import Bus
@testable import Schema

/// Envelopes as they come by a room's channel, from the archive, and in an answer over the bus.
enum EnvelopeTarget: FuzzTarget {
    static func read(_ input: [UInt8]) {
        if let position = EnvelopeHead(reading: input)?.position {
            require(LogPosition.isPossible(position.seq), "a place that cannot be")
        }
        if let envelope = try? Envelope(decoding: input) { check(envelope) }
        if let columns = input.withUnsafeBytes({ EnvelopeColumns(byPosition: $0) }) {
            let parsed = try? input.withUnsafeBytes { bytes in try EnvelopeColumns(parsing: bytes) }
            require(columns == parsed, "other columns than the parser reads")
        }
        if let page = ArchivePage(input) {
            for envelope in page.envelopes {
                let head = EnvelopeHead(reading: envelope.bytes)
                require(head?.position?.seq == envelope.seq, "an envelope at another place")
            }
        }
        if let answer = input.withUnsafeBytes({ RPCAnswer($0) }), case .success(let result) = answer.result {
            require(result.count < input.count, "an answer larger than what came")
        }
    }

    private static func check(_ envelope: Envelope) {
        let written = envelope.encoded
        require((try? Envelope(decoding: written)) == envelope, "an envelope does not come back")
        guard let position = envelope.position, envelope.type.isLogged, isEpoch(position.epoch),
            let mv = envelope.mv, mv >= 0, envelope.v == Envelope.version
        else { return }
        let head = require(EnvelopeHead(reading: written), "an envelope without a head")
        require(
            head.position == position && head.mv == mv && head.type == envelope.type,
            "a head of another envelope")
    }

    private static func isEpoch(_ text: String) -> Bool {
        (1...LogPosition.maxEpochBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
    }
}
