import Hosting
import Schema
import Web

extension Session {
    /// Sends an ephemeral frame, or keeps it until there is room, unless a newer one makes it needless.
    func send(_ frame: MessageFrame, ephemeral head: EnvelopeHead) {
        guard !hasRoom, let topic = Conflation.Topic(head) else { return send(frame) }
        shard.metrics.conflated.add(kept.keep(frame, on: topic))
    }

    /// There is room again.
    func sendKept() {
        guard !kept.isEmpty else { return }
        for frame in kept.takeAll() { send(frame) }
    }
}
