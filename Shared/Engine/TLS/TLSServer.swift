internal import COpenSSL
internal import Glibc
internal import Synchronization

/// How our listeners speak TLS: with the certificate and key of two PEM files, which can be read again.
///
/// Used by all loops of a process. Connections keep what they were accepted with.
public final class TLSServer: Sendable {
    /// When a certificate is good, in seconds since 1970.
    public struct Validity: Sendable, Hashable {
        /// The first second.
        public let begin: Int64
        /// The last.
        public let end: Int64
    }

    private struct Identity: Sendable {
        let context: TLSContext
        let validity: Validity
    }

    private let certificate: String
    private let key: String
    private let identity: Mutex<Identity>
    /// Held while the files are read again, so that who began first does not have the last word.
    private let reading = Mutex(())
    private let established = Atomic<Int>(0)
    private let failed = Atomic<Int>(0)

    /// Reads the certificate, with the chain that follows it, and its key; blocks for the time of that.
    ///
    /// - Throws: `tls`, with a text that names the file and what is wrong with it.
    public init(certificate: String, key: String) throws(EngineError) {
        self.certificate = certificate
        self.key = key
        identity = Mutex(try TLSServer.load(certificate, key))
    }

    /// Reads both files again, for connections accepted from now on; when it throws, all stays as it was.
    public func reload() throws(EngineError) {
        try reading.withLock { _ throws(EngineError) in
            let fresh = try TLSServer.load(certificate, key)
            identity.withLock { $0 = fresh }
        }
    }

    /// When the certificate in use is good.
    public var validity: Validity { identity.withLock { $0.validity } }

    /// How many handshakes have succeeded.
    public var establishedCount: Int { established.load(ordering: .relaxed) }
    /// How many have not: refused, broken off, or not finished in time.
    public var failedCount: Int { failed.load(ordering: .relaxed) }

    func count(_ success: Bool) {
        if success {
            established.wrappingAdd(1, ordering: .relaxed)
        } else {
            failed.wrappingAdd(1, ordering: .relaxed)
        }
    }

    func makeSession(over descriptor: Int32) throws(EngineError) -> TLSSession {
        try identity.withLock { $0.context }.makeSession(.server, over: descriptor)
    }

    // MARK: Reading

    private static func load(_ certificate: String, _ key: String) throws(EngineError) -> Identity {
        let context = try TLSContext(TLS_server_method())
        SSL_CTX_set_alpn_select_cb(context.pointer, ALPN.select, nil)
        try PEMFile.requireReadable(certificate)
        ERR_clear_error()
        guard SSL_CTX_use_certificate_chain_file(context.pointer, certificate) == 1 else {
            throw .tls("\(certificate): no PEM certificate (\(TLSFailure.reason()))")
        }
        let secret = try PEMFile.privateKey(key)
        defer { EVP_PKEY_free(secret) }
        guard SSL_CTX_use_PrivateKey(context.pointer, secret) == 1,
            SSL_CTX_check_private_key(context.pointer) == 1
        else { throw .tls("the key in \(key) is not that of the certificate in \(certificate)") }
        return Identity(context: context, validity: try validity(of: context, certificate))
    }

    private static func validity(of context: TLSContext, _ file: String) throws(EngineError) -> Validity {
        guard let certificate = SSL_CTX_get0_certificate(context.pointer),
            let begin = seconds(X509_get0_notBefore(certificate)),
            let end = seconds(X509_get0_notAfter(certificate))
        else { throw .tls("\(file): the dates of the certificate cannot be read") }
        return Validity(begin: begin, end: end)
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = tm()
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        return Int64(timegm(&parts))
    }
}
