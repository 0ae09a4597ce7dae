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
    fileprivate let token: UInt64
    fileprivate var interest: Interest
    fileprivate var body: ((Readiness) -> Void)?
    private unowned let poller: Poller

    fileprivate init(
        descriptor: Int32, token: UInt64, interest: Interest, poller: Poller,
        body: @escaping (Readiness) -> Void
    ) {
        self.descriptor = descriptor
        self.token = token
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
    private var watches: [UInt64: Watch] = [:]
    private var nextToken: UInt64 = 1
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: Poller.batch)
    private static let batch = 512

    private let mailbox: Mailbox

    init(mailbox: Mailbox) throws(EngineError) {
        self.mailbox = mailbox
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .last("epoll_create1") }
        // Token 0 is the mailbox: its readiness only ends the sleep.
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
        let token = nextToken
        nextToken &+= 1
        guard control(EPOLL_CTL_ADD, descriptor, interest, token: token) else { throw .last("epoll_ctl") }
        let watch = Watch(descriptor: descriptor, token: token, interest: interest, poller: self, body: body)
        watches[token] = watch
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
            // An earlier callback of this batch may have cancelled the watch: then its token is gone.
            guard let watch = watches[event.data.u64], let body = watch.body else { continue }
            body(readiness(event.events))
        }
    }

    func removeAll() {
        for watch in watches.values { watch.body = nil }
        watches.removeAll()
    }

    fileprivate func update(_ watch: Watch) {
        _ = control(EPOLL_CTL_MOD, watch.descriptor, watch.interest, token: watch.token)
    }

    fileprivate func remove(_ watch: Watch) {
        _ = control(EPOLL_CTL_DEL, watch.descriptor, [], token: watch.token)
        watches[watch.token] = nil
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
