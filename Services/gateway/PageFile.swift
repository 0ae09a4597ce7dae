import CPage
import Tokens
import Web

/// One file of the web client: sent whole to who does not have it as it is.
struct PageFile {
    /// What is sent with the bytes, and what stands for them where they are known (RFC 9110, section 15.4.5).
    private let whole, unchanged: Response
    private let tag: EntityTag

    init(_ file: page_file) {
        let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.length))
        tag = EntityTag(Base64URL.encode(Digest.sha256(bytes)))
        // The bytes are the same, but the rules may be another version's: they go with both.
        let headers: Headers = [
            "ETag": tag.text, "Cache-Control": "no-cache", "Content-Security-Policy": PageFile.policy,
            "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
        ]
        unchanged = Response(status: .notModified, headers: headers)
        var whole = Response(headers: headers, body: bytes)
        whole.headers["Content-Type"] = String(cString: file.content_type)
        self.whole = whole
    }

    func answer(_ request: Request) -> Response {
        tag.isKnown(to: request.headers) ? unchanged : whole
    }

    /// Nothing but what this address itself serves may run in the page.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; "
        + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
