import Engine
import Hosting
import Schema
import Web

/// One connection in a room, told from others by its identity.
struct Listener: Hashable {
    let session: Session

    static func == (left: Listener, right: Listener) -> Bool { left.session === right.session }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(session)) }
}

/// The connections in a room, as its log is given to them: the same frame to each.
final class Listeners: RoomAudience {
    /// Frames that go out as one buffer.
    struct Bundle {
        let frame: MessageFrame
        let count: Int
    }

    private let room: RoomID
    private let metrics: GatewayMetrics
    /// The notice told last, and its frame: mostly all are told the same.
    private var told: (notice: LogNotice, frame: MessageFrame)?
    /// Envelopes given that are not counted yet.
    private var given = 0

    init(_ room: RoomID, metrics: GatewayMetrics) {
        self.room = room
        self.metrics = metrics
    }

    func give(_ frame: MessageFrame, to listener: Listener) {
        given += 1
        listener.session.send(frame)
    }

    func bundle(_ frames: [MessageFrame]) -> Bundle {
        Bundle(frame: MessageFrame(joining: frames), count: frames.count)
    }

    func give(_ bundle: Bundle, to listener: Listener) {
        given += bundle.count
        listener.session.send(bundle.frame)
    }

    func tell(_ notice: LogNotice, to listener: Listener) {
        if case .gap = notice { metrics.gaps.add() }
        if told?.notice != notice { told = (notice, frame(of: notice)) }
        if let told { listener.session.send(told.frame) }
    }

    func hasRoom(_ listener: Listener) -> Bool { listener.session.hasRoom }

    /// Counts what has been given: for all receivers together, as loops that count at once wait for each other's caches.
    func countGiven() {
        metrics.deliveries.add(given)
        given = 0
    }

    private func frame(of notice: LogNotice) -> MessageFrame {
        switch notice {
        case .gap(let epoch, let seqs):
            MessageFrame(text: ServerFrame.bytes(Gap(epoch: epoch, seqs: seqs), room: room))
        case .epoch(let first, let previous):
            MessageFrame(text: ServerFrame.bytes(RoomEpoch(first: first, previous: previous), room: room))
        }
    }
}
