@testable import Web

/// Requests on one connection, and what is read out of each.
enum HTTPTarget: FuzzTarget {
    /// What the parser made of a connection.
    private struct Conversation: Equatable {
        var heads: [Message] = []
        var requests: [Message] = []
        var failure: WebError?
    }

    private struct Message: Equatable {
        let method: Method
        let target: RequestTarget
        let version: Request.Version
        let headers: Headers
        let body: [UInt8]
    }

    static func read(_ input: [UInt8]) {
        for limits in [HTTPLimits(), tight] {
            let whole = conversation([input], limits)
            require(
                conversation(pieces(of: input), limits) == whole, "a request differs by how it was cut")
        }
    }

    /// So small that inputs reach them.
    private static let tight: HTTPLimits = {
        var limits = HTTPLimits()
        limits.requestLineBytes = 48
        limits.headerBytes = 96
        limits.headerCount = 4
        limits.bodyBytes = 24
        limits.chunkExtensionBytes = 8
        return limits
    }()

    private static func conversation(_ parts: [[UInt8]], _ limits: HTTPLimits) -> Conversation {
        var parser = RequestParser(limits: limits)
        var seen = Conversation()
        for part in parts {
            part.withUnsafeBytes { parser.append($0) }
            do throws(WebError) {
                while let event = try parser.next() { take(event, limits, &seen) }
            } catch {
                seen.failure = error
                require(error.problem.status.code >= 400, "a refusal that is none")
                return seen
            }
            let longestLine = max(limits.requestLineBytes, limits.headerBytes, 1_024) + 2
            require(parser.bufferedBytes <= longestLine, "more is kept than one line")
        }
        return seen
    }

    private static func take(_ event: RequestParser.Event, _ limits: HTTPLimits, _ seen: inout Conversation) {
        switch event {
        case .head(let head):
            require(head.headers.count <= limits.headerCount, "more fields than allowed")
            seen.heads.append(
                Message(
                    method: head.method, target: head.target, version: head.version, headers: head.headers,
                    body: []))
        case .request(let request):
            require(request.body.count <= limits.bodyBytes, "a body larger than allowed")
            look(into: request)
            seen.requests.append(
                Message(
                    method: request.method, target: request.target, version: request.version,
                    headers: request.headers, body: request.body))
        }
    }

    /// What a service asks of a request.
    private static func look(into request: Request) {
        var request = request
        request.peerAddress = "127.0.0.1"
        _ = (request.path, request.host, request.keepsAlive, request.query("token"))
        for field in request.headers.fields {
            require(
                field.value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 },
                "a control character in a field")
        }
        let client = proxies.client(of: request)
        require(client == "127.0.0.1" || request.headers["X-Forwarded-For"] != nil, "an address from nowhere")
        guard let handshake = try? Handshake(request) else { return }
        let agreement = CompressionAgreement(answering: handshake.extensions)
        require((9...15).contains(agreement?.windowBits ?? 15), "a window that cannot be")
        require(
            handshake.response().headers["Sec-WebSocket-Accept"]?.utf8.count == 28, "a handshake's answer")
    }

    private static let proxies = require(TrustedProxies("127.0.0.1/8,::1"), "proxies")
}
