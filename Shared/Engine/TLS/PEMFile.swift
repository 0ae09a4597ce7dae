internal import COpenSSL
internal import Glibc

/// Files with certificates and keys, read with a reason where that fails.
enum PEMFile {
    /// Says why a file cannot be opened: OpenSSL would only say that something failed.
    static func requireReadable(_ path: String) throws(EngineError) {
        guard let file = fopen(path, "r") else { throw .tls("\(path): \(String(cString: strerror(errno)))") }
        var information = stat()
        let isFolder = fstat(fileno(file), &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
        fclose(file)
        if isFolder { throw .tls("\(path): is a folder") }
    }

    /// The private key in a file; one with a passphrase counts as none, as nobody is there to type it.
    ///
    /// The caller frees it.
    static func privateKey(_ path: String) throws(EngineError) -> OpaquePointer {
        try requireReadable(path)
        ERR_clear_error()
        guard let file = BIO_new_file(path, "r") else { throw .tls("\(path): \(TLSFailure.reason())") }
        defer { BIO_free(file) }
        guard let key = PEM_read_bio_PrivateKey(file, nil, { _, _, _, _ in -1 }, nil) else {
            throw .tls("\(path): no PEM private key without a passphrase (\(TLSFailure.reason()))")
        }
        return key
    }
}
