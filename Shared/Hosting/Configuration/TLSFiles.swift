internal import Engine

/// The PEM files by which a service speaks TLS itself.
public struct TLSFiles: Sendable, Equatable {
    /// The certificate, then those of the authorities between it and a root.
    public let certificate: String
    /// Its private key, without a passphrase.
    public let key: String

    /// Names the files.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// What is wrong with them; nil if they can be used.
    var problem: String? {
        do throws(EngineError) {
            _ = try TLSServer(certificate: certificate, key: key)
            return nil
        } catch {
            return "cannot be used: \(error)"
        }
    }
}

extension Settings {
    /// Declares and reads `TLS_CERT` and `TLS_KEY`: both or none.
    mutating func tlsFiles() -> TLSFiles? {
        let certificate = optionalString(
            "TLS_CERT", help: "PEM file with the certificate chain: listen by TLS; read again on SIGHUP.")
        let key = optionalString("TLS_KEY", help: "PEM file with the key of TLS_CERT.")
        switch (certificate.filled, key.filled) {
        case (nil, nil): return nil
        case (nil, _): reject("TLS_CERT", because: "is needed with TLS_KEY")
        case (_, nil): reject("TLS_KEY", because: "is needed with TLS_CERT")
        case (let certificate?, let key?):
            let files = TLSFiles(certificate: certificate, key: key)
            guard let problem = files.problem else { return files }
            reject("TLS_CERT", because: problem)
        }
        return nil
    }
}

extension String? {
    /// Itself, if it is not empty.
    fileprivate var filled: String? { flatMap { $0.isEmpty ? nil : $0 } }
}
