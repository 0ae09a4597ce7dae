internal import CLinux
internal import Glibc

/// A listening TCP socket on a loop.
///
/// Several loops may listen on one port: the kernel spreads connections over them, by their addresses and ports. With
/// TLS a connection is handed over before it has shaken hands, so that its owner's bounds hold from the first byte.
public final class Listener {
    /// The port, as the kernel chose it where 0 was asked for.
    public let port: Int
    /// Called when there is no descriptor or memory for the next connection, which waits in the kernel meanwhile.
    public var onExhausted: (() -> Void)?

    private let descriptor: Int32
    private unowned let loop: EventLoop
    private let onAccept: (Stream) -> Void
    private let tls: TLSServer?
    let handshakes: Handshakes
    private var watch: Watch?

    /// Listens from now on; `onAccept` is given each new connection on the loop.
    public init(
        loop: EventLoop, host: String, port: Int, sharing: PortSharing = .none, tls: TLSServer? = nil,
        onAccept: @escaping (Stream) -> Void
    ) throws(EngineError) {
        guard let address = SocketAddress(literal: host, port: port) else {
            throw .address("\(host):\(port)")
        }
        self.loop = loop
        self.onAccept = onAccept
        self.tls = tls
        handshakes = Handshakes(loop: loop)
        let socket = try FileDescriptor.socket(for: address)
        socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1)
        if sharing == .further { socket.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
        guard address.withSockaddr({ Glibc.bind(socket.number, $0, $1) }) == 0 else { throw .last("bind") }
        // Only once it has the port: else it would share one with another process that listens there by mistake.
        if sharing == .first { socket.setOption(SOL_SOCKET, SO_REUSEPORT, 1) }
        guard Glibc.listen(socket.number, 4096) == 0 else { throw .last("listen") }
        self.port = Listener.boundPort(socket.number) ?? port
        descriptor = socket.release()
        do {
            watch = try loop.watch(descriptor, .readable) { [weak self] _ in self?.acceptAll() }
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Sets with whom connections that shake hands are counted, and how long each may take in milliseconds.
    ///
    /// By TLS only, and before the first comes.
    public func boundHandshakes(_ line: HandshakeLine, milliseconds: Int) {
        handshakes.line = line
        handshakes.milliseconds = milliseconds
    }

    deinit { close() }

    /// Stops listening; accepted connections stay.
    public func close() {
        guard let watch else { return }
        watch.cancel()
        self.watch = nil
        Glibc.close(descriptor)
    }

    /// Accepts what waits, a bounded number at once so that others are served between.
    private func acceptAll() {
        for _ in 0..<64 {
            guard watch != nil else { return }
            switch acceptOne() {
            case .accepted: continue
            case .nothing: return
            case .exhausted: return rest()
            }
        }
    }

    /// What the kernel may hold for a peer that does not read, half of the memory that it sets aside (socket(7)).
    ///
    /// By itself it would grow to 4 MiB: ten thousand stalled readers would take 40 GiB that no bound of ours counts.
    /// This much is still 10 MB/s to a reader 12 ms away.
    private static let sendBufferBytes: Int32 = 131_072

    private enum Outcome { case accepted, nothing, exhausted }

    private func acceptOne() -> Outcome {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let flags = Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                accept4(descriptor, $0, &length, flags)
            }
        }
        guard number >= 0 else { return outcome(of: errno) }
        let socket = FileDescriptor(number)
        socket.setOption(SOL_SOCKET, SO_SNDBUF, Listener.sendBufferBytes)
        guard let peer = SocketAddress(storage), let stream = try? makeStream(socket, peer) else {
            return .accepted
        }
        onAccept(stream)
        return .accepted
    }

    private func makeStream(_ socket: consuming FileDescriptor, _ peer: SocketAddress)
        throws(EngineError) -> Stream
    {
        guard let tls else { return try Stream(loop: loop, descriptor: socket, peer: peer) }
        let session = try tls.makeSession(over: socket.number)
        let stream = try Stream(loop: loop, descriptor: socket, peer: peer, tls: session)
        let number = handshakes.begin(stream)
        stream.shakeHands(withinMilliseconds: handshakes.milliseconds) { [unowned loop, handshakes] in
            handshakes.mayStep(inTurn: loop.turn)
        } _: { [handshakes] error in
            handshakes.end(number)
            tls.count(error == nil)
        }
        return stream
    }

    private func outcome(of code: Int32) -> Outcome {
        switch code {
        case EAGAIN: .nothing
        // Out of descriptors or memory: the connection stays in the backlog, and trying at once would spin.
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .exhausted
        // This one went away before it was accepted; the next may not have.
        default: .accepted
        }
    }

    private func rest() {
        onExhausted?()
        watch?.update([])
        loop.schedule(afterMilliseconds: 100) { [weak self] in self?.watch?.update(.readable) }
    }

    private static func boundPort(_ descriptor: Int32) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? SocketAddress(storage)?.port : nil
    }
}
