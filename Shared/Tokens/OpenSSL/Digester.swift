import COpenSSL

/// Makes digests one after another, with one state for all of them: for who needs many.
///
/// Used by one thread at a time.
public final class Digester {
    private let context: OpaquePointer

    /// A digester with a state of its own.
    public init() {
        // As Swift's own allocations do: a process that gets no 100 bytes cannot go on in any case.
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory for a digest") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds the first bytes of the SHA-256 of some bytes, at most all of them, to others.
    public func add(sha256 input: UnsafeRawBufferPointer, first count: Int, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Digest.byteCount) { digest in
            // Part of every provider and of fixed size: this fails only where a process has no memory left.
            let done =
                EVP_DigestInit_ex(context, Digest.algorithm, nil) == 1
                && EVP_DigestUpdate(context, input.baseAddress, input.count) == 1
                && EVP_DigestFinal_ex(context, digest.baseAddress, nil) == 1
            precondition(done, "OpenSSL has no SHA-256")
            output.append(contentsOf: digest.prefix(count))
        }
    }
}
