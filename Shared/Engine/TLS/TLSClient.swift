internal import COpenSSL
internal import Glibc
internal import Synchronization

/// How we speak TLS to others: whom we believe, which can be read again.
///
/// Made off the loop, as it reads files; then used by any loop. Connections keep whom they believed.
public final class TLSClient: Sendable {
    private let context: Mutex<TLSContext>
    private let authorities: String?
    private let isVerifying: Bool

    /// Believes the authorities in a PEM file, or those of the system.
    ///
    /// - Throws: `tls`, with a text that names the file and what is wrong with it.
    public init(authorities file: String? = nil) throws(EngineError) {
        context = Mutex(try TLSClient.believing(file))
        authorities = file
        isVerifying = true
    }

    private init(unverified: Void) throws(EngineError) {
        context = Mutex(try TLSContext(TLS_client_method()))
        authorities = nil
        isVerifying = false
    }

    /// Reads the authorities again, for connections made from now on; when it throws, all stays as it was.
    public func reload() throws(EngineError) {
        guard isVerifying else { return }
        let fresh = try TLSClient.believing(authorities)
        context.withLock { $0 = fresh }
    }

    private static func believing(_ file: String?) throws(EngineError) -> TLSContext {
        let context = try TLSContext(TLS_client_method())
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        guard let file else {
            SSL_CTX_set_default_verify_paths(context.pointer)
            return context
        }
        try PEMFile.requireReadable(file)
        ERR_clear_error()
        guard SSL_CTX_load_verify_file(context.pointer, file) == 1 else {
            throw .tls("\(file): no PEM certificate (\(TLSFailure.reason()))")
        }
        return context
    }

    /// Believes anybody: for a process that asks itself on an address of this machine, and sends no secret.
    public static func unverified() throws(EngineError) -> TLSClient { try TLSClient(unverified: ()) }

    /// A session that goes through only with somebody who can prove to be `host`: a name, or an IP address.
    func makeSession(over descriptor: Int32, to host: String) throws(EngineError) -> TLSSession {
        try context.withLock { $0 }.makeSession(.client, over: descriptor) { (session) throws(EngineError) in
            let isAddress = SocketAddress(literal: host, port: 0) != nil
            if !isAddress {
                // Server Name Indication (RFC 6066, 3), which an address must not be in.
                _ = host.withCString {
                    SSL_ctrl(
                        session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                        UnsafeMutableRawPointer(mutating: $0))
                }
            }
            guard isVerifying else { return }
            // Wildcards stand for one whole label only (RFC 9525, 6.3).
            SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            let isSet =
                isAddress
                ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host)
                : SSL_set1_host(session, host)
            guard isSet == 1 else { throw .tls("not a host name: \(host)") }
        }
    }
}

extension TLSClient: Hashable {
    /// The same object.
    public static func == (one: TLSClient, other: TLSClient) -> Bool { one === other }

    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
