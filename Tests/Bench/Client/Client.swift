import Engine
import Web

/// One connection of the generator: connects, joins its room, hears and checks, and sends if it is a publisher.
///
/// Belongs to its crew's loop.
final class Client {
    enum State { case idle, connecting, upgrading, joining, ready, closed }

    /// Its number in the plan.
    let number: Int
    let room: Int
    /// Which of the nodes it is connected to.
    let node: Int
    /// Whether it stops reading once it has joined.
    let isSlow: Bool
    private(set) var state = State.idle
    /// When it began to connect, in nanoseconds.
    private(set) var began: UInt64 = 0
    /// What it has had of each sender of its room.
    private(set) var order: SenderOrder

    private unowned let crew: Crew
    private let firstSender: Int
    private let isParley: Bool
    private var stream: Stream?
    private var handshake = ClientHandshake()
    private var reader = FrameReader()
    private var frames = ServerFrames()
    private var roomOrder = RoomOrder()
    private var patience: Timer?

    init(_ number: Int, crew: Crew) {
        let plan = crew.plan
        self.number = number
        self.crew = crew
        room = plan.room(of: number)
        node = plan.node(of: number)
        isSlow = plan.isSlow(number)
        firstSender = room * plan.publishers
        isParley = !plan.peer.isRaw
        order = SenderOrder(senders: plan.publishers)
    }

    // MARK: Life

    /// Connects; the crew is told by `ready` or `failed`.
    func connect() {
        state = .connecting
        began = Clock.now()
        handshake = ClientHandshake()
        reader = FrameReader()
        patience = crew.loop.schedule(afterMilliseconds: crew.patienceMilliseconds) { [weak self] in
            self?.fail("no answer in time")
        }
        crew.loop.spawn { await self.open() }
    }

    /// Closes without waiting for the other side.
    func close() {
        state = .closed
        stream?.close()
        stream = nil
    }

    /// Reads again, what a slow reader has left waiting.
    func resumeReading() { stream?.resumeReading() }

    private func open() async {
        let target = crew.plan.targets[node]
        do {
            let stream = try await Stream.connect(
                loop: crew.loop, host: target.host, port: target.port,
                timeoutMilliseconds: crew.patienceMilliseconds)
            guard state == .connecting else { return stream.close() }
            connected(stream, target)
        } catch {
            fail("connect: \(error)")
        }
    }

    private func connected(_ stream: Stream, _ target: Target) {
        self.stream = stream
        state = .upgrading
        stream.onReceive = { [unowned self] in receive($0) }
        stream.onClose = { [weak self] error in self?.lost(error.map { "\($0)" } ?? "connection ended") }
        var headers: [String] = []
        if let token = crew.plan.token(of: number) { headers.append("Authorization: Bearer \(token)") }
        let name = crew.plan.rooms[room]
        let since = roomOrder.place.map { "since=\($0)" } ?? "recent=0"
        let path = isParley ? "/ws/\(name)?\(since)" : "/\(name)"
        stream.send(ClientHandshake.request(host: target.authority, path: path, headers: headers))
    }

    private func becomeReady() {
        guard state == .upgrading || state == .joining else { return }
        state = .ready
        patience?.cancel()
        patience = nil
        if isSlow { stream?.pauseReading() }
        crew.ready(self)
    }

    private func fail(_ why: String) {
        guard state != .ready, state != .closed else { return }
        patience?.cancel()
        close()
        crew.failed(self, why)
    }

    private func lost(_ why: String) {
        stream = nil
        guard state != .closed else { return }
        let wasReady = state == .ready
        patience?.cancel()
        state = .closed
        if wasReady { crew.lost(self, why) } else { crew.failed(self, why) }
    }

    // MARK: Sending

    /// Sends a message of this publisher.
    func send(_ payload: Payload, size: Int, key: UInt32) {
        let text = payload.text(size: size)
        let frame =
            isParley
            ? ClientFrames.send(
                text, room: crew.plan.rooms[room], number: payload.number, sender: payload.sender,
                hasKey: crew.plan.hasKeys) : text
        stream?.send(MaskedFrame.text(frame, key: key))
    }

    // MARK: Receiving

    private func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        guard state != .upgrading else { return upgrade(bytes) }
        crew.readAt = Clock.now()
        do {
            try reader.read(bytes) { hear($0, $1) }
        } catch {
            crew.unreadable("\(error)")
            close()
        }
    }

    private func upgrade(_ bytes: UnsafeMutableRawBufferPointer) {
        switch handshake.take(UnsafeRawBufferPointer(bytes)) {
        case .more: break
        case .refused(let why): fail(why)
        case .done(let used):
            if isParley { state = .joining } else { becomeReady() }
            guard used < bytes.count else { return }
            receive(UnsafeMutableRawBufferPointer(rebasing: bytes[used...]))
        }
    }

    private func hear(_ opcode: Opcode, _ bytes: UnsafeRawBufferPointer) {
        switch opcode {
        case .text, .binary:
            if isParley { hearParley(bytes) } else { hearRaw(bytes) }
        case .ping:
            stream?.send(MaskedFrame.make(.pong, Array(bytes), key: crew.nextKey()))
            crew.ponged()
        case .close:
            let reason = bytes.count > 2 ? String(decoding: bytes.dropFirst(2), as: UTF8.self) : "no reason"
            lostByServer(reason)
        case .pong, .continuation: break
        }
    }

    private func lostByServer(_ reason: String) {
        let stream = stream
        lost("closed by the server: \(reason)")
        stream?.close()
    }

    private func hearRaw(_ bytes: UnsafeRawBufferPointer) {
        guard let payload = Payload(reading: bytes) else { return crew.unreadable("no payload") }
        delivered(payload, bytes.count)
        if payload.sender == crew.plan.sender(of: number) { crew.accepted(payload.sender, payload.number) }
    }

    private func hearParley(_ bytes: UnsafeRawBufferPointer) {
        switch frames.read(bytes) {
        case .message(let payload, let seq, let epoch):
            if !roomOrder.take(seq: seq, epoch: epoch) { crew.seqBroke() }
            delivered(payload, bytes.count)
        case .entry(let seq, let epoch):
            if !roomOrder.take(seq: seq, epoch: epoch) { crew.seqBroke() }
        case .accepted(let id):
            if let sender = crew.plan.sender(of: number) { crew.accepted(sender, id) }
        case .refused(let id, let why):
            guard state == .ready else { return fail(why) }
            crew.refused(crew.plan.sender(of: number), id, why)
        case .joined(let seq, let epoch, let isRecovered):
            // Who resumes is given what follows the place it named, and not what follows the newest.
            if isRecovered != true { roomOrder.joined(at: seq, epoch: epoch) }
            if isRecovered == false { crew.seqBroke() }
            becomeReady()
        case .gap: crew.seqBroke()
        case .other: break
        case .unreadable: crew.unreadable("no frame of Parley")
        }
    }

    private func delivered(_ payload: Payload, _ bytes: Int) {
        if let finding = order.take(payload.number, from: payload.sender - firstSender) {
            crew.found(finding)
            // What comes late has come.
            guard finding == .reordered else { return }
        }
        crew.delivered(payload, bytes, to: self)
    }
}
