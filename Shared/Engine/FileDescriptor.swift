internal import CLinux
internal import Glibc

/// A descriptor that closes once, because the compiler says so.
struct FileDescriptor: ~Copyable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { Glibc.close(number) }

    /// Gives the number away: the new owner closes it.
    consuming func release() -> Int32 {
        let number = number
        discard self
        return number
    }

    /// A non-blocking TCP socket of the family of `address`.
    static func socket(for address: SocketAddress) throws(EngineError) -> FileDescriptor {
        let family = address.isIPv6 ? AF_INET6 : AF_INET
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = Glibc.socket(family, kind, 0)
        guard number >= 0 else { throw .last("socket") }
        return FileDescriptor(number)
    }

    func setOption(_ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        setsockopt(number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Small frames leave at once: they are gathered here already, once a turn.
    func disableNagle() { setOption(Int32(IPPROTO_TCP), TCP_NODELAY, 1) }
}
