internal import CLinux
internal import Glibc

/// One thread that waits for sockets and timers, and the executor of all that lives on it.
///
///     mail → jobs → timers → end of turn (writes go out) → epoll_wait → readiness → mail …
///
/// Everything that belongs to a loop is a plain class without locks, made on the loop and called on it only.
/// `submit` is the way in from another thread; an actor whose `unownedExecutor` is the loop is the other.
public final class EventLoop: @unchecked Sendable {
    // Unchecked: `name` and `mailbox` are immutable, and the mailbox has its own lock; `thread` and `isStarted` belong
    // to whoever starts and joins; all else is touched by the loop's own thread only, which `assertCurrent` checks.
    let name: String
    private let mailbox: Mailbox
    private var thread = pthread_t()
    private var isStarted = false
    private var isStopping = false

    private var jobs: [LoopJob] = []
    private var running: [LoopJob] = []
    private var mail: [Mailbox.Item] = []
    private var turnEnd: [() -> Void] = []
    private var gatherers: [() -> Void] = []
    /// The streams that have something to send, in the order in which they got it.
    private var unflushed: [Stream] = []
    private var flushing: [Stream] = []
    private var timers: TimerWheel<Timer>
    /// How many tasks have been spawned and have not begun.
    var beginning = 0
    /// How many tasks sleep or wait for an `Offload`, or have been woken and have not come back yet.
    var away = 0
    private let poller: Poller
    private lazy var spawner = Spawner(loop: self)

    /// The monotonic clock as of when the loop last woke.
    public private(set) var now: Instant

    /// How many bytes this turn has come to owe to all receivers together.
    private var owed = 0

    /// How many turns there have been.
    private(set) var turn: UInt64 = 0

    /// One buffer to receive into serves all streams of the loop: idle connections hold none.
    let receiveBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    /// One buffer in which what is sent by TLS is gathered to a record; none where there is no TLS.
    lazy var recordBuffer: UnsafeMutableRawBufferPointer = {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSSession.recordBytes, alignment: 64)
        allocatedRecordBuffer = buffer
        return buffer
    }()
    private var allocatedRecordBuffer: UnsafeMutableRawBufferPointer?

    /// Makes a loop that does not run yet; `name` (at most 15 bytes) becomes its thread's.
    public init(name: String) throws(EngineError) {
        self.name = name
        mailbox = try Mailbox()
        poller = try Poller(mailbox: mailbox)
        now = .current()
        timers = TimerWheel(now: now.milliseconds)
    }

    deinit {
        receiveBuffer.deallocate()
        allocatedRecordBuffer?.deallocate()
    }

    // MARK: Life

    /// Starts the thread; to be called once.
    public func start() throws(EngineError) {
        let argument = Unmanaged.passRetained(self)
        let failure = pthread_create(&thread, nil, runLoop, argument.toOpaque())
        guard failure == 0 else {
            argument.release()
            throw .system(call: "pthread_create", code: failure)
        }
        isStarted = true
    }

    /// Asks the loop to end after its current turn; from any thread.
    public func stop() {
        submit { self.isStopping = true }
    }

    /// Waits for the thread to end; not from the loop itself.
    public func join() {
        guard isStarted else { return }
        pthread_join(thread, nil)
    }

    // MARK: Ways in

    /// Whether the caller runs on this loop's thread.
    public var isCurrent: Bool { EventLoop.current === self }

    /// Runs `work` on the loop, after what was submitted before; from any thread.
    ///
    /// A loop that has ended lets go of it.
    public func submit(_ work: @escaping @Sendable () -> Void) {
        mailbox.post(.work(work))
    }

    /// Starts async work that stays on this loop; on the loop only.
    ///
    /// `body` and all it captures never leave the loop's thread: its task prefers the loop, and async functions of
    /// loop-bound classes run on their caller's executor.
    public func spawn(_ body: nonisolated(nonsending) @escaping () async -> Void) {
        assertCurrent()
        spawner.spawn(body)
    }

    /// Runs `body` once at the end of this turn, before the loop sleeps; on the loop only.
    public func atTurnEnd(_ body: @escaping () -> Void) {
        assertCurrent()
        turnEnd.append(body)
    }

    /// Runs `body` once at the end of this turn before streams send: for what was gathered to be sent together.
    ///
    /// On the loop only.
    public func beforeSending(_ body: @escaping () -> Void) {
        assertCurrent()
        gatherers.append(body)
    }

    /// Lets the stream send at the end of this turn, whatever it was given during it, by one call.
    func flushAtTurnEnd(_ stream: Stream) { unflushed.append(stream) }

    /// Notes that so many bytes will go out for what was received in this turn; on the loop only.
    ///
    /// To be told when it is received, as what gathers reaches no stream before the turn's end. Nothing more is read
    /// in this turn than one buffer from each stream once this is much.
    public func owe(_ bytes: Int) {
        assertCurrent()
        owed &+= bytes
    }

    /// Whether what was received in this turn is work enough for it: some ten milliseconds of sending.
    var owesMuch: Bool { owed >= Self.muchBytes }

    private static let muchBytes = 4 << 20

    func assertCurrent() {
        assert(isCurrent, "called from another thread than the loop's")
    }

    /// Traps, in release builds too, where the caller is not on this loop: a bug of ours.
    public func preconditionCurrent() {
        precondition(isCurrent, "called from another thread than the loop's")
    }

    // MARK: Timers

    /// Calls `body` once after so many milliseconds; on the loop only.
    @discardableResult
    public func schedule(afterMilliseconds delay: Int, _ body: @escaping () -> Void) -> Timer {
        let timer = Timer(loop: self, interval: nil, body: body)
        arm(timer, afterMilliseconds: delay)
        return timer
    }

    /// Calls `body` again and again, first after one interval; on the loop only.
    @discardableResult
    public func scheduleRepeating(everyMilliseconds interval: Int, _ body: @escaping () -> Void) -> Timer {
        let timer = Timer(loop: self, interval: max(interval, 1), body: body)
        arm(timer, afterMilliseconds: interval)
        return timer
    }

    /// Suspends for so many milliseconds; on the loop only.
    ///
    /// When the loop ends, what sleeps wakes early, to end too.
    public func sleep(milliseconds: Int) async {
        away += 1
        // Unchecked: who sleeps again and again on a loop that ends never wakes, and that is no misuse to be reported.
        await withUnsafeContinuation { continuation in
            let timer = Timer(loop: self, interval: nil, isSleep: true) { continuation.resume() }
            arm(timer, afterMilliseconds: milliseconds)
        }
        away -= 1
    }

    func arm(_ timer: Timer, afterMilliseconds delay: Int) {
        assertCurrent()
        timers.insert(timer, at: now.advanced(byMilliseconds: max(delay, 0)).milliseconds)
    }

    func disarm(_ timer: Timer) {
        assertCurrent()
        timers.remove(timer)
    }

    // MARK: Descriptors

    /// Calls `body` whenever the descriptor is ready for what `interest` names; on the loop only.
    public func watch(_ descriptor: Int32, _ interest: Interest, _ body: @escaping (Readiness) -> Void)
        throws(EngineError) -> Watch
    {
        assertCurrent()
        return try poller.watch(descriptor, interest, body)
    }

    // MARK: The turn

    fileprivate func run() {
        EventLoop.current = self
        now = .current()
        while !isStopping {
            turn &+= 1
            readMail()
            runJobs()
            for timer in timers.advance(to: now.milliseconds) { timer.fire() }
            runJobs()
            endTurn()
            owed = 0
            // What is called on waking sets deadlines: it must not see the clock as of before the sleep.
            poller.wait(milliseconds: patience()) { now = .current() }
        }
        letGo()
        EventLoop.current = nil
    }

    private func readMail() {
        mailbox.take(into: &mail)
        for item in mail {
            switch item {
            case .job(let job): jobs.append(job)
            case .work(let work): work()
            }
        }
        mail.removeAll(keepingCapacity: true)
    }

    /// Runs what is ready, and what becomes ready by it, up to a bound that keeps sockets served.
    private func runJobs() {
        var rounds = 0
        while !jobs.isEmpty, rounds < 16 {
            rounds += 1
            swap(&jobs, &running)
            for job in running { run(job) }
            running.removeAll(keepingCapacity: true)
        }
    }

    /// Each as what it was enqueued for: the runtime moves a job that finds itself elsewhere, to the same loop's end.
    private func run(_ job: LoopJob) {
        switch job {
        case .actor(let job): job.runSynchronously(on: asUnownedSerialExecutor())
        case .task(let job): job.runSynchronously(on: spawner.asUnownedTaskExecutor())
        }
    }

    /// Takes a job, from any thread.
    func take(_ job: LoopJob) {
        if isCurrent {
            jobs.append(job)
        } else {
            mailbox.post(.job(job))
        }
    }

    /// What was gathered is given to the streams, they send, and what waits for that is called.
    private func endTurn() {
        var rounds = 0
        while hasTurnEnd, rounds < 4 {
            rounds += 1
            for body in taken(from: &gatherers) { body() }
            swap(&unflushed, &flushing)
            for stream in flushing { stream.flush() }
            flushing.removeAll(keepingCapacity: true)
            for body in taken(from: &turnEnd) { body() }
        }
    }

    private var hasTurnEnd: Bool { !turnEnd.isEmpty || !unflushed.isEmpty || !gatherers.isEmpty }

    private func taken(from list: inout [() -> Void]) -> [() -> Void] {
        guard !list.isEmpty else { return [] }
        defer { list.removeAll(keepingCapacity: true) }
        return list
    }

    /// How long the loop may sleep: not at all while something is left to do, else until the next timer.
    private func patience() -> Int32 {
        guard jobs.isEmpty, !hasTurnEnd, !isStopping else { return 0 }
        guard let stop = timers.nextStop() else { return -1 }
        return Int32(clamping: max(stop - Instant.current().milliseconds, 0))
    }

    /// Drops what the loop holds, so that nothing outlives it in a cycle; a task that sleeps, or waits for an `Offload`,
    /// would be one.
    ///
    /// Who is woken may come back by another thread, and may go to sleep again: the bound is for who never ends.
    private func letGo() {
        let deadline = Instant.current().advanced(byMilliseconds: Self.farewellMilliseconds)
        while true {
            readMail()
            runJobs()
            endTimers()
            guard away + beginning > 0, Instant.current() < deadline else { break }
            poller.wait(milliseconds: jobs.isEmpty ? 10 : 0) { now = .current() }
        }
        turnEnd.removeAll()
        gatherers.removeAll()
        unflushed.removeAll()
        endTimers()
        poller.removeAll()
        mailbox.close()
    }

    /// Wakes who sleeps, and lets go of whom the others would call: they may keep their timer, and be held by it.
    private func endTimers() {
        for timer in timers.removeAll() {
            if timer.isSleep { timer.fire() } else { timer.cancel() }
        }
    }

    private static let farewellMilliseconds = 5_000
}

extension EventLoop: SerialExecutor {
    /// Takes a job of an actor of this loop.
    public func enqueue(_ job: consuming ExecutorJob) { take(.actor(UnownedJob(job))) }

    /// Tells the runtime whether this code runs on the loop: callbacks enter outside of a job.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Traps where code of a loop's actor is entered from another thread.
    public func checkIsolated() {
        precondition(isCurrent, "entered from another thread than the loop's")
    }
}

private func runLoop(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let loop = Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue()
    _ = pthread_setname_np(pthread_self(), String(loop.name.prefix(15)))
    loop.run()
    return nil
}
