import Engine
import Redis

/// The sharded channels that a loop hears: each is subscribed to once in the process, on its home loop, which passes
/// what comes to every loop that wants it, once, as shared bytes.
///
/// ```
/// loop A ── want ──→ home ── SSUBSCRIBE ──→ Redis
/// loop A ←─ ready ── home ←─ confirmed ──── Redis        from here on A misses nothing
/// loop A ←─ message ─ home ←─ message ───── Redis        in one order; home's own listeners are called at once
/// ```
/// Belongs to its loop. To those who use it, it is as a `Subscriber`; a process of one loop has nothing between.
final class ChannelExchange {
    /// Called when channels are not heard any more, until they are confirmed again; it is told whether one is.
    var onLost: ((_ isConcerned: (String) -> Bool) -> Void)?
    /// Called when another loop was left behind.
    var onFellBehind: ((_ loop: Int) -> Void)?

    private let index: Int
    private let loop: EventLoop
    private let subscriber: Subscriber
    private let behindBytes: Int
    private let waiting = WaitingMail()
    /// All loops of the gateway, this one too; empty where there is no other.
    private var doors: [ChannelDoor] = []
    private var outboxes: [[ChannelMail]] = []
    private var isPostDue = false

    private var home = ChannelHome()
    private var hearing = ChannelHearing(loops: 1)
    private var listeners: [UInt64: any ChannelListener] = [:]

    /// As much as our Redis lets a subscriber be behind for long (`client-output-buffer-limit pubsub`).
    static let behindBytes = 67_108_864

    init(
        index: Int = 0, loop: EventLoop, subscriber: Subscriber,
        behindBytes: Int = ChannelExchange.behindBytes
    ) {
        self.index = index
        self.loop = loop
        self.subscriber = subscriber
        self.behindBytes = behindBytes
        subscriber.onConnect = { [weak self] _ in self?.connected() }
        subscriber.onDisconnect = { [weak self] in self?.disconnected() }
    }

    /// Where the others write to this one.
    var door: ChannelDoor { ChannelDoor(exchange: Addressee(self, on: loop), waiting: waiting) }

    /// Shares the channels with all these loops, itself in its place among them; before `start`.
    func share(with doors: [ChannelDoor]) {
        guard doors.count > 1 else { return }
        self.doors = doors
        outboxes = Array(repeating: [], count: doors.count)
        hearing = ChannelHearing(loops: doors.count)
    }

    func start() { subscriber.start() }

    /// Ends for good; nothing is called any more.
    func close() {
        subscriber.close()
        listeners = [:]
        onLost = nil
    }

    private var isAlone: Bool { doors.isEmpty }

    /// Whether there is a connection, and every channel that was wanted when it came is confirmed.
    var isRestored: Bool { isAlone ? subscriber.isRestored : hearing.isRestored }

    /// Stays only with the run of Redis that commands go to: the channels of a server that became a replica are silent.
    func keepTo(_ run: RunID) {
        subscriber.keepTo(run)
        for loop in doors.indices where loop != index { post(.keepTo(run), to: loop) }
    }

    // MARK: For this loop

    /// Subscribes to a channel until `unsubscribe`; a second call takes the place of the first.
    ///
    /// The listener is held until then. Once it is told `confirmed` it misses nothing until `onLost`.
    func subscribe(_ channel: String, _ listener: any ChannelListener) {
        guard !isAlone else { return subscriber.subscribe(channel, listener) }
        let (new, replaced) = hearing.want(channel, at: homeLoop(of: channel))
        if let replaced { listeners[replaced.number] = nil }
        listeners[new.number] = listener
        let ear = ChannelHome.Ear(loop: index, number: new.number)
        new.home == index ? want(channel, ear) : post(.want(channel, ear), to: new.home)
    }

    /// As with a listener, for closures that are called with each message's bytes, and at each confirmation.
    func subscribe(
        _ channel: String, onMessage: @escaping (UnsafeRawBufferPointer) -> Void,
        onReady: @escaping () -> Void = {}
    ) {
        subscribe(channel, ChannelClosures(onMessage: onMessage, onReady: onReady))
    }

    /// Lets go of a channel; its listener is not called any more.
    func unsubscribe(_ channel: String) {
        guard !isAlone else { return subscriber.unsubscribe(channel) }
        guard let old = hearing.unwant(channel) else { return }
        listeners[old.number] = nil
        let ear = ChannelHome.Ear(loop: index, number: old.number)
        old.home == index ? unwant(channel, ear) : post(.unwant(channel, ear), to: old.home)
    }

    /// FNV-1a: the same on all loops, and spread evenly.
    private func homeLoop(of channel: String) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in channel.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return Int(truncatingIfNeeded: (hash >> 32) % UInt64(doors.count))
    }

    private func ready(_ number: UInt64) {
        if hearing.ready(number) { listeners[number]?.confirmed() }
    }

    private func lost(_ home: Int) {
        hearing.down(home)
        onLost? { [self] in homeLoop(of: $0) == home }
    }

    // MARK: For all loops: this one is the home

    private func want(_ channel: String, _ ear: ChannelHome.Ear) {
        if home.want(channel, ear) {
            subscriber.subscribe(
                channel, onMessage: { [weak self] in self?.received($0, on: channel) },
                onReady: { [weak self] in self?.confirmed(channel) })
        } else if ear.loop == index, subscriber.isReady(channel) {
            loop.atTurnEnd { [weak self] in self?.tellReady(ear, of: channel) }
        } else {
            tellReady(ear, of: channel)
        }
    }

    private func unwant(_ channel: String, _ ear: ChannelHome.Ear) {
        if home.unwant(channel, ear) { subscriber.unsubscribe(channel) }
    }

    private func confirmed(_ channel: String) {
        for ear in home.listeners(of: channel) { tellReady(ear, of: channel) }
    }

    private func tellReady(_ ear: ChannelHome.Ear, of channel: String) {
        guard subscriber.isReady(channel), home.isListening(ear, to: channel) else { return }
        ear.loop == index ? ready(ear.number) : post(.ready(ear.number), to: ear.loop)
    }

    /// The others first: they work on it while this loop does.
    private func received(_ bytes: UnsafeRawBufferPointer, on channel: String) {
        var shared: SharedBytes?
        var own: UInt64?
        for ear in home.listeners(of: channel) {
            guard ear.loop != index else {
                own = ear.number
                continue
            }
            let message = shared ?? SharedBytes(copying: bytes)
            shared = message
            pass(message, to: ear)
        }
        if let own { listeners[own]?.received(bytes) }
    }

    private func pass(_ message: SharedBytes, to ear: ChannelHome.Ear) {
        let waiting = doors[ear.loop].waiting
        guard waiting.bytes + message.count <= behindBytes else {
            home.fellBehind(ear.loop)
            post(.fellBehind(home: index), to: ear.loop)
            onFellBehind?(ear.loop)
            return
        }
        waiting.add(message.count)
        post(.message(ear.number, message), to: ear.loop)
    }

    private func resume(_ loop: Int) {
        if subscriber.isConnected { post(.up(home: index), to: loop) }
        for (channel, ear) in home.listensAgain(loop) { tellReady(ear, of: channel) }
    }

    private func connected() {
        guard !isAlone else { return }
        hearing.up(index)
        for loop in doors.indices where loop != index { post(.up(home: index), to: loop) }
    }

    private func disconnected() {
        guard !isAlone else { return onLost? { _ in true } ?? () }
        for loop in doors.indices where loop != index { post(.down(home: index), to: loop) }
        lost(index)
    }

    // MARK: Mail

    /// All that a turn has for another loop goes in one piece, before this loop writes to its own connections.
    private func post(_ mail: ChannelMail, to loop: Int) {
        outboxes[loop].append(mail)
        guard !isPostDue else { return }
        isPostDue = true
        self.loop.beforeSending { [weak self] in self?.postAll() }
    }

    private func postAll() {
        isPostDue = false
        for loop in outboxes.indices where !outboxes[loop].isEmpty {
            let mail = outboxes[loop]
            outboxes[loop] = []
            doors[loop].exchange.send { exchange in
                for piece in mail { exchange.take(piece) }
            }
        }
    }

    private func take(_ mail: ChannelMail) {
        switch mail {
        case .want(let channel, let ear): want(channel, ear)
        case .unwant(let channel, let ear): unwant(channel, ear)
        case .listensAgain(let loop): resume(loop)
        case .keepTo(let run): subscriber.keepTo(run)
        case .message(let number, let bytes):
            waiting.add(-bytes.count)
            if let listener = listeners[number] { bytes.withUnsafeBytes { listener.received($0) } }
        case .ready(let number): ready(number)
        case .up(let home): hearing.up(home)
        case .down(let home): lost(home)
        case .fellBehind(let home):
            lost(home)
            post(.listensAgain(loop: index), to: home)
        }
    }
}
