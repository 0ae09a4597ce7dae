/// What has been counted so far.
struct Tally: Sendable {
    /// Connections that are ready.
    var ready = 0
    /// Messages sent, and of them answered as accepted, and refused.
    var sent = 0
    var accepted = 0
    var refused = 0
    /// Senders of whom at least one message was accepted.
    var spoken = 0
    /// Messages received, over all receivers, in number and in bytes of payload.
    var delivered = 0
    var bytes = 0
    /// Pings that were answered.
    var pings = 0
    /// Slow readers that the server has closed.
    var slowClosed = 0
    var findings = Findings()

    /// Adds another loop's.
    mutating func add(_ other: Tally) {
        ready += other.ready
        sent += other.sent
        accepted += other.accepted
        refused += other.refused
        spoken += other.spoken
        delivered += other.delivered
        bytes += other.bytes
        pings += other.pings
        slowClosed += other.slowClosed
        findings.add(other.findings)
    }
}

/// The times taken.
struct Timings: Sendable {
    /// From when a message was due until a receiver had it.
    var delivery = Histogram()
    /// The same, where sender and receiver are at the same of several nodes, and where they are not.
    var sameNode = Histogram()
    var otherNode = Histogram()
    /// From when it was due until its sender knew that it was accepted.
    var acceptance = Histogram()
    /// How late the generator itself sent.
    var lateness = Histogram()
    /// From the wish to connect until the room was joined.
    var connecting = Histogram()

    /// Adds another loop's.
    mutating func add(_ other: Timings) {
        delivery.add(other.delivery)
        sameNode.add(other.sameNode)
        otherNode.add(other.otherNode)
        acceptance.add(other.acceptance)
        lateness.add(other.lateness)
        connecting.add(other.connecting)
    }
}
