internal import Engine

/// One client's HTTP connection: requests in, answers out in the same order.
///
/// Belongs to its loop; the server holds it. One request is answered at a time; what a client sends ahead waits
/// in the parser, and beyond a bound in the kernel.
final class HTTPConnection {
    private enum State {
        /// Waits for a request or its rest.
        case reading
        /// A handler works.
        case answering
        /// The answer waits for the client to read.
        case flushing
        /// Our half is shut; what still comes is discarded.
        case lingering
        /// Closed, or handed to another protocol.
        case over
    }

    /// What the bounds know it by.
    let number: UInt64
    private let stream: Stream
    private unowned let server: HTTPServer
    private var parser: RequestParser
    private var state = State.reading
    private var timer: Timer?
    private var timedPhase: RequestParser.Phase?
    private var hasPeerEnded = false
    private var isPaused = false
    private var hasAnswered = false

    init(stream: Stream, number: UInt64, server: HTTPServer) {
        self.stream = stream
        self.number = number
        self.server = server
        parser = RequestParser(limits: server.limits)
    }

    private var limits: HTTPLimits { server.limits }

    /// Serves from now on, or answers at once with `refusal` and closes.
    func start(refusal: Problem?) {
        stream.onReceive = { [self] in receive(UnsafeRawBufferPointer($0)) }
        stream.onEnd = { [self] in peerEnded() }
        stream.onClose = { [self] _ in over() }
        stream.onDrain = { [self] in drained() }
        stream.sendLimit = limits.queuedResponseBytes
        guard let refusal else { return arm() }
        refuse(refusal)
    }

    /// Closes now if nothing is being answered, else after the answer.
    func drain() {
        if state == .reading, parser.phase == .idle { shut() }
    }

    /// Closes now.
    func close() {
        disarm()
        state = .over
        stream.close()
    }

    // MARK: Receiving

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .lingering, .over: return
        case .reading:
            parser.append(bytes)
            proceed()
        case .answering, .flushing:
            parser.append(bytes)
            guard parser.bufferedBytes > limits.pipelinedBytes, !isPaused else { return }
            isPaused = true
            stream.pauseReading()
        }
    }

    /// Takes what the parser has understood, until a request needs an answer or bytes are wanting.
    private func proceed() {
        do throws(WebError) {
            while state == .reading, let event = try parser.next() {
                switch event {
                case .head(let head): headCame(head)
                case .request(let request): handle(request)
                }
            }
        } catch {
            server.onRefused?(HTTPRefusal(error))
            return refuse(error.problem)
        }
        guard state == .reading else { return }
        if hasPeerEnded { return shut() }
        arm()
    }

    private func headCame(_ head: RequestHead) {
        // A client that has begun the body does not wait for leave (RFC 9110, 10.1.1).
        guard head.expectsContinue, parser.bufferedBytes == 0 else { return }
        stream.send(ResponseEncoder.continueLine)
    }

    private func peerEnded() {
        hasPeerEnded = true
        switch state {
        // A client may shut its half and still wait for the answer.
        case .answering, .flushing, .over: return
        case .reading, .lingering: shut()
        }
    }

    // MARK: Answering

    private func handle(_ request: Request) {
        var request = request
        request.peerAddress = stream.peerAddress
        disarm()
        server.busy(self)
        if let upgrade = server.upgrade, Handshake.isAsked(by: request), let decision = upgrade(request) {
            switch decision {
            case .refused(let response): answer(request, response)
            case .accepted(let response, let start): leave(response, start)
            }
            return
        }
        state = .answering
        // No capture list: with one, Swift 6.3.1 takes an async closure off its caller's executor, off the loop.
        let (asked, server) = (request, server)
        server.loop.spawn { await self.respond(to: asked, of: server) }
    }

    private func respond(to request: Request, of server: HTTPServer) async {
        let response = await server.handler(request)
        guard state == .answering else { return }
        answer(request, response)
        if state == .reading { proceed() }
    }

    private func answer(_ request: Request, _ response: Response) {
        var context = ResponseEncoder.Context()
        context.isHead = request.method == .head
        context.isHTTP10 = request.version == .http10
        context.closes =
            !request.keepsAlive || server.isDraining
            || response.headers.contains("Connection", token: "close")
        send(response, context)
        hasAnswered = true
        if context.closes { return shut() }
        guard stream.queuedBytes <= stream.sendLimit / 4 else {
            state = .flushing
            return arm()
        }
        resume()
    }

    private func send(_ response: Response, _ context: ResponseEncoder.Context) {
        let bytes = ResponseEncoder.encode(response, context, date: server.currentDate())
        // One answer may be of any size: the bound is for many of them.
        stream.sendLimit = max(limits.queuedResponseBytes, stream.queuedBytes + bytes.count)
        stream.send(bytes)
    }

    private func drained() {
        guard state == .flushing else { return }
        resume()
        proceed()
        // The server may have begun to drain when this answer had been made, and said that the connection stays.
        if server.isDraining { drain() }
    }

    private func resume() {
        state = .reading
        disarm()
        guard isPaused else { return }
        isPaused = false
        stream.resumeReading()
    }

    private func refuse(_ problem: Problem) {
        var context = ResponseEncoder.Context()
        context.closes = true
        send(problem.response, context)
        shut()
    }

    // MARK: Leaving

    private func leave(_ response: Response, _ start: (UpgradedStream) -> Void) {
        send(response, ResponseEncoder.Context())
        let upgraded = UpgradedStream(stream: stream, leftover: parser.takeRest())
        stream.onReceive = nil
        stream.onEnd = nil
        stream.onClose = nil
        stream.onDrain = nil
        stream.sendLimit = .max
        over()
        start(upgraded)
    }

    /// Shuts our half once the answer has left, and reads on for a while (RFC 9112, 9.6).
    ///
    /// Until it has left the client has the time that it has for any answer.
    private func shut() {
        server.busy(self)
        disarm()
        state = .lingering
        if isPaused { stream.resumeReading() }
        arm()
        guard !hasPeerEnded else { return stream.closeAfterFlush() }
        stream.onShutdown = { [self] in
            arm(after: limits.lingerMilliseconds) { [self] in stream.close() }
        }
        stream.shutdownWrite()
    }

    private func over() {
        disarm()
        state = .over
        server.remove(self)
    }

    // MARK: Time

    /// Starts the time of the phase that begins; more bytes within a phase do not prolong it.
    private func arm() {
        let phase = parser.phase
        tellWhatIsWaitedFor(phase)
        guard phase != timedPhase || state == .flushing else { return }
        timedPhase = phase
        guard state == .reading, phase != .idle else {
            // A connection that has not said anything yet gets no more time than a header.
            let limit = hasAnswered ? limits.idleMilliseconds : limits.headerMilliseconds
            let queued = stream.queuedBytes
            return arm(after: limit) { [self] in idled(queued: queued) }
        }
        if phase == .header {
            arm(after: limits.headerMilliseconds) { [self] in tookTooLong(.headerTime) }
        } else {
            arm(after: limits.bodyMilliseconds) { [self] in tookTooLong(.bodyTime) }
        }
    }

    private func tellWhatIsWaitedFor(_ phase: RequestParser.Phase) {
        guard state == .reading else { return }
        if phase == .idle, hasAnswered {
            server.idle(self)
        } else {
            server.unfinished(self, bytes: parser.heldBytes)
        }
    }

    private func tookTooLong(_ reason: HTTPRefusal) {
        server.onRefused?(reason)
        refuse(Problem(.requestTimeout, "request_timeout"))
    }

    private func arm(after milliseconds: Int, _ body: @escaping () -> Void) {
        timer?.cancel()
        timer = server.loop.schedule(afterMilliseconds: milliseconds, body)
    }

    private func disarm() {
        timer?.cancel()
        timer = nil
        timedPhase = nil
    }

    /// Closes, unless the client is still taking an answer, and not by the drop.
    private func idled(queued: Int) {
        let left = stream.queuedBytes
        guard left > 0 else {
            if !hasAnswered { server.onRefused?(.headerTime) }
            return stream.close()
        }
        guard queued - left >= limits.answerBytes else {
            server.onRefused?(.answerRate)
            return stream.close()
        }
        timedPhase = nil
        arm()
    }
}
