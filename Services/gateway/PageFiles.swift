import CPage
import Web

/// The web client, as built into the program.
struct PageFiles {
    private let responses: [String: Response]

    init() {
        var responses: [String: Response] = [:]
        var number = 0
        while let file = page_file_at(number)?.pointee {
            responses[String(cString: file.path)] = PageFiles.response(file)
            number += 1
        }
        self.responses = responses
    }

    func add(to routes: inout Routes) {
        for (path, response) in responses { routes.on(.get, path) { _ in response } }
    }

    /// Nothing but what this address itself serves may run in the page.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; "
        + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    private static func response(_ file: page_file) -> Response {
        let bytes = UnsafeBufferPointer(start: file.bytes, count: file.length)
        return Response(
            headers: [
                "Content-Type": String(cString: file.content_type), "Cache-Control": "no-cache",
                "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            ], body: Array(bytes))
    }
}
