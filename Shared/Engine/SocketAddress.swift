internal import CLinux
internal import Glibc

/// An IPv4 or IPv6 address with its port.
public struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as text, without the port: `127.0.0.1`, `::1`.
    public let host: String
    /// The port.
    public let port: Int
    let isIPv6: Bool

    /// Reads a literal address; a host name is none.
    public init?(literal host: String, port: Int) {
        guard (0...65_535).contains(port) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, host, &v4) == 1 {
            isIPv6 = false
        } else if inet_pton(AF_INET6, host, &v6) == 1 {
            isIPv6 = true
        } else {
            return nil
        }
        self.host = host
        self.port = port
    }

    /// Reads what the kernel filled in; an IPv4 address mapped into IPv6 becomes IPv4 again.
    init?(_ storage: sockaddr_storage) {
        var storage = storage
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(storage.ss_family)
        guard family == AF_INET || family == AF_INET6 else { return nil }
        let port = withUnsafePointer(to: &storage) { pointer -> UInt16 in
            let raw = UnsafeRawPointer(pointer)
            if family == AF_INET {
                var address = raw.load(as: sockaddr_in.self)
                inet_ntop(family, &address.sin_addr, &text, socklen_t(text.count))
                return UInt16(bigEndian: address.sin_port)
            }
            var address = raw.load(as: sockaddr_in6.self)
            inet_ntop(family, &address.sin6_addr, &text, socklen_t(text.count))
            return UInt16(bigEndian: address.sin6_port)
        }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let host = String(decoding: bytes, as: UTF8.self)
        let mapped = host.hasPrefix("::ffff:") && host.contains(".")
        self.host = mapped ? String(host.dropFirst(7)) : host
        self.port = Int(port)
        isIPv6 = family == AF_INET6 && !mapped
    }

    /// `host:port`, with brackets around an IPv6 address.
    public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Lends the address in the form that the system calls take.
    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var storage = sockaddr_storage()
        let length = fill(&storage)
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    private func fill(_ storage: inout sockaddr_storage) -> socklen_t {
        let portBytes = UInt16(truncatingIfNeeded: port).bigEndian
        return withUnsafeMutablePointer(to: &storage) { pointer -> socklen_t in
            let raw = UnsafeMutableRawPointer(pointer)
            if isIPv6 {
                var address = sockaddr_in6()
                address.sin6_family = sa_family_t(AF_INET6)
                address.sin6_port = portBytes
                inet_pton(AF_INET6, host, &address.sin6_addr)
                raw.storeBytes(of: address, as: sockaddr_in6.self)
                return socklen_t(MemoryLayout<sockaddr_in6>.size)
            }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = portBytes
            inet_pton(AF_INET, host, &address.sin_addr)
            raw.storeBytes(of: address, as: sockaddr_in.self)
            return socklen_t(MemoryLayout<sockaddr_in>.size)
        }
    }
}

extension SocketAddress {
    private static let resolver = Offload(name: "parley.resolver", width: 2, waitingLimit: 256)

    /// All addresses of a host, literal or by name; the look-up blocks a thread of its own, never the caller's.
    public static func resolve(host: String, port: Int) async throws -> [SocketAddress] {
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        return try await resolver.run { try lookUp(host: host, port: port) }
    }

    private static func lookUp(host: String, port: Int) throws(EngineError) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { throw .resolve(host: host) }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            var storage = sockaddr_storage()
            let size = min(Int(entry.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            guard let source = entry.ai_addr else { continue }
            withUnsafeMutableBytes(of: &storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: size))
            }
            guard let address = SocketAddress(storage) else { continue }
            if let known = SocketAddress(literal: address.host, port: port), !found.contains(known) {
                found.append(known)
            }
        }
        guard !found.isEmpty else { throw .resolve(host: host) }
        return found
    }
}
