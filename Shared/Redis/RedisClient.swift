public import Engine

/// Commands to one Redis over one pipelined connection that comes back by itself.
///
/// Belongs to its loop. The commands of a turn leave in one write, and are carried out in the order of the calls.
/// A command is never repeated silently: when the connection ends, what is under way fails with `.disconnected`
/// (or `.timeout`), and while there is none, calls fail with `.unavailable` before they return.
public final class RedisClient {
    /// What a call ends with; called on the loop, exactly once.
    public typealias Done = (Result<RedisReply, RedisError>) -> Void

    /// Called after each connect, once the libraries are there, with the run of the server.
    public var onConnect: ((RunID) -> Void)?
    /// Called when the connection is gone, before those who wait for answers are told.
    public var onDisconnect: (() -> Void)?
    /// Called when there is no connection to be had, once for each reason: refused, no trust, wrong password.
    public var onConnectionFailure: ((String) -> Void)? {
        get { link.onFailure }
        set { link.onFailure = newValue }
    }

    /// Whether calls can be made.
    public private(set) var isConnected = false
    /// The run of the server that was connected last.
    public private(set) var runID: RunID?
    /// The version of the server that was connected last.
    public private(set) var serverVersion: String?
    /// The server's clock minus ours in milliseconds, as measured at the last connect and since.
    public var clockOffset: Int64 { clock?.milliseconds ?? 0 }
    /// When Redis was last heard on the connection that stands; nil while there is none.
    public var lastHeard: Instant? { isConnected ? link.connection?.lastHeard : nil }
    /// Why there is no connection, as far as the last try tells.
    public var lastError: RedisError? { link.lastError }

    private let loop: EventLoop
    private let link: RedisLink
    private let wall: () -> Int64
    private var clock: ClockOffset?
    private var clockLooks: Timer?
    private let libraries: [FunctionLibrary]
    private let timeoutMilliseconds: Int
    private var loads = FunctionLoads<(Result<RedisReply, RedisError>) -> Void>()
    private var calls = 0

    private static let clockLookMilliseconds = 1_000

    /// Makes a client that connects when it is started.
    ///
    /// - Parameters:
    ///   - name: what `CLIENT LIST` shows.
    ///   - libraries: loaded on each connect where the server lacks them.
    ///   - timeoutMilliseconds: how long a call waits unless it says otherwise.
    public convenience init(
        loop: EventLoop, address: RedisAddress, name: String, libraries: [FunctionLibrary] = [],
        timeoutMilliseconds: Int = 5_000
    ) {
        self.init(
            loop: loop, address: address, name: name, libraries: libraries,
            timeoutMilliseconds: timeoutMilliseconds, wall: WallClock.milliseconds)
    }

    /// The same with a clock that a test may set, in milliseconds since 1970.
    init(
        loop: EventLoop, address: RedisAddress, name: String, libraries: [FunctionLibrary] = [],
        timeoutMilliseconds: Int = 5_000, wall: @escaping () -> Int64
    ) {
        self.loop = loop
        self.wall = wall
        link = RedisLink(loop: loop, address: address, name: name)
        self.libraries = libraries
        self.timeoutMilliseconds = timeoutMilliseconds
        link.onUp = { [weak self] in self?.up($0, $1) }
        link.onDown = { [weak self] _ in self?.down() }
    }

    /// Begins to connect.
    public func start() { link.start() }

    /// Ends for good: what is under way fails with `.disconnected`, and `onDisconnect` is not called.
    public func close() {
        isConnected = false
        clockLooks?.cancel()
        link.close()
    }

    /// Sends a command; an error reply becomes `.failure(.server)`.
    public func call(
        _ command: [RedisArgument], timeoutMilliseconds: Int? = nil, _ done: @escaping Done
    ) {
        call([command], timeoutMilliseconds: timeoutMilliseconds, done)
    }

    private func call(_ command: [[RedisArgument]], timeoutMilliseconds: Int?, _ done: @escaping Done) {
        guard isConnected, let connection = link.connection else { return done(.failure(.unavailable)) }
        connection.send(
            command, timeoutMilliseconds: timeoutMilliseconds ?? self.timeoutMilliseconds, done)
    }

    /// Calls a function; where Redis does not know it, its library is loaded once and the call made again.
    ///
    /// Calls of functions of one library keep their order, through such a load too.
    public func function(
        _ function: RedisFunction, keys: [RedisArgument], arguments: [RedisArgument],
        timeoutMilliseconds: Int? = nil, _ done: @escaping Done
    ) {
        let command = function.call(keys: keys, arguments: arguments)
        let library = function.library
        calls &+= 1
        let number = calls
        let again: Done = { [weak self] loaded in
            guard let self, case .success = loaded else { return done(loaded) }
            call(command, timeoutMilliseconds: timeoutMilliseconds, done)
        }
        guard !loads.isLoading(library) else {
            return load(library, number: number, again)
        }
        call(command, timeoutMilliseconds: timeoutMilliseconds) { [weak self] result in
            guard let self, case .failure(let error) = result, error.isFunctionNotFound else {
                return done(result)
            }
            load(library, number: number, again)
        }
    }

    private func load(_ library: FunctionLibrary, number: Int, _ done: @escaping Done) {
        guard loads.wait(for: library, number: number, done) else { return }
        call(library.loadCommand) { [weak self] result in
            for waiting in self?.loads.finish(library) ?? [] { waiting(result) }
        }
    }

    private func up(_ connection: RedisConnection, _ identity: ServerIdentity) {
        runID = identity.runID
        serverVersion = identity.version
        clock = ClockOffset(milliseconds: identity.clockOffset, at: reading)
        bringLibraries(libraries[...], to: connection)
    }

    /// Loads what is missing, one library after another, then opens the client for calls.
    ///
    /// A library that cannot be loaded does not close the door to all other commands: calls of its functions
    /// tell what is wrong with it.
    private func bringLibraries(_ rest: ArraySlice<FunctionLibrary>, to connection: RedisConnection) {
        guard let library = rest.first else { return open() }
        let next: Done = { [weak self, weak connection] _ in
            guard let self, let connection, connection.isOpen else { return }
            bringLibraries(rest.dropFirst(), to: connection)
        }
        connection.send(library.listCommand, timeoutMilliseconds: timeoutMilliseconds) {
            [weak connection, timeoutMilliseconds] listed in
            if case .success(let reply) = listed, library.isListed(in: reply) { return next(listed) }
            connection?.send(library.loadCommand, timeoutMilliseconds: timeoutMilliseconds, next)
        }
    }

    private func open() {
        isConnected = true
        clockLooks = loop.scheduleRepeating(everyMilliseconds: Self.clockLookMilliseconds) { [weak self] in
            self?.lookAtClock()
        }
        if let runID { onConnect?(runID) }
    }

    private var reading: ClockOffset.Reading { .init(wall: wall(), monotonic: .current()) }

    private func lookAtClock() {
        let asked = reading
        guard clock?.isDue(at: asked) == true else { return }
        call(["TIME"]) { [weak self] answer in
            guard let self, let time = try? answer.get().time else { return }
            clock?.heard(time, asked: asked, answered: reading)
        }
    }

    private func down() {
        guard isConnected else { return }
        isConnected = false
        clockLooks?.cancel()
        onDisconnect?()
    }
}
