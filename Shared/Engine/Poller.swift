internal import CLinux
internal import Glibc

/// What one wants to hear of a descriptor.
public struct Interest: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8
    /// Makes a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Tell when it can be read.
    public static let readable = Interest(rawValue: 1)
    /// Tell when it can be written.
    public static let writable = Interest(rawValue: 2)
}

/// What a descriptor is ready for; an error or a hang-up makes it ready for both, so that the next call tells.
public typealias Readiness = Interest

/// A descriptor that a loop watches, until it is cancelled.
///
/// The descriptor must not be closed before `cancel`.
public final class Watch {
    fileprivate let descriptor: Int32
    fileprivate let number: UInt32
    fileprivate var interest: Interest
    fileprivate var body: ((Readiness) -> Void)?
    private unowned let poller: Poller

    fileprivate init(
        descriptor: Int32, number: UInt32, interest: Interest, poller: Poller,
        body: @escaping (Readiness) -> Void
    ) {
        self.descriptor = descriptor
        self.number = number
        self.interest = interest
        self.poller = poller
        self.body = body
    }

    /// Changes what is heard; an empty set keeps the descriptor known but silent.
    public func update(_ interest: Interest) {
        guard body != nil, interest != self.interest else { return }
        self.interest = interest
        poller.update(self)
    }

    /// What the kernel tells us of: the descriptor, and which of those that have watched it.
    fileprivate var token: UInt64 { UInt64(number) << 32 | UInt64(UInt32(bitPattern: descriptor)) }

    /// Ends the watch and lets go of the callback; a second call does nothing.
    public func cancel() {
        guard body != nil else { return }
        body = nil
        poller.remove(self)
    }
}

/// epoll, level-triggered, with tokens that outlive no watch.
final class Poller {
    private let descriptor: Int32
    /// By descriptor: the kernel gives the lowest number that is free.
    private var watches: [Watch?] = []
    private var nextNumber: UInt32 = 1
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Poller.batch)
    private static let batch = 512

    private let mailbox: Mailbox

    init(mailbox: Mailbox) throws(EngineError) {
        self.mailbox = mailbox
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .last("epoll_create1") }
        // Token 0, which no watch has, is the mailbox: its readiness only ends the sleep.
        guard control(EPOLL_CTL_ADD, mailbox.descriptor, .readable, token: 0) else {
            throw .last("epoll_ctl")
        }
    }

    deinit {
        Glibc.close(descriptor)
        events.deallocate()
    }

    func watch(_ descriptor: Int32, _ interest: Interest, _ body: @escaping (Readiness) -> Void)
        throws(EngineError) -> Watch
    {
        let watch = Watch(
            descriptor: descriptor, number: nextNumber, interest: interest, poller: self, body: body)
        guard control(EPOLL_CTL_ADD, descriptor, interest, token: watch.token) else {
            throw .last("epoll_ctl")
        }
        nextNumber = max(nextNumber &+ 1, 1)
        let missing = Int(descriptor) + 1 - watches.count
        if missing > 0 { watches += Array(repeating: nil, count: missing) }
        watches[Int(descriptor)] = watch
        return watch
    }

    /// Sleeps until something is ready, at most so long (-1: for ever); calls `woke`, then those concerned.
    func wait(milliseconds: Int32, woke: () -> Void) {
        let count = Int(epoll_wait(descriptor, events, Int32(Poller.batch), milliseconds))
        woke()
        guard count > 0 else { return }
        for index in 0..<count {
            let event = events[index]
            if event.data.u64 == 0 {
                mailbox.acknowledge()
                continue
            }
            // An earlier callback of this batch may have cancelled the watch, and another have its descriptor.
            let index = Int(event.data.u64 & 0xFFFF_FFFF)
            guard index < watches.count, let watch = watches[index], watch.token == event.data.u64,
                let body = watch.body
            else { continue }
            body(readiness(event.events))
        }
    }

    func removeAll() {
        for watch in watches { watch?.body = nil }
        watches.removeAll()
    }

    fileprivate func update(_ watch: Watch) {
        _ = control(EPOLL_CTL_MOD, watch.descriptor, watch.interest, token: watch.token)
    }

    fileprivate func remove(_ watch: Watch) {
        _ = control(EPOLL_CTL_DEL, watch.descriptor, [], token: watch.token)
        let index = Int(watch.descriptor)
        if index < watches.count, watches[index] === watch { watches[index] = nil }
    }

    private func control(_ operation: Int32, _ target: Int32, _ interest: Interest, token: UInt64) -> Bool {
        var event = epoll_event()
        if interest.contains(.readable) { event.events |= EPOLLIN.rawValue | EPOLLRDHUP.rawValue }
        if interest.contains(.writable) { event.events |= EPOLLOUT.rawValue }
        event.data.u64 = token
        return epoll_ctl(descriptor, operation, target, &event) == 0
    }

    private func readiness(_ bits: UInt32) -> Readiness {
        guard bits & (EPOLLERR.rawValue | EPOLLHUP.rawValue) == 0 else { return [.readable, .writable] }
        var ready: Readiness = []
        if bits & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue) != 0 { ready.insert(.readable) }
        if bits & EPOLLOUT.rawValue != 0 { ready.insert(.writable) }
        return ready
    }
}
