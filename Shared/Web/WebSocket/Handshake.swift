internal import COpenSSL
internal import FoundationEssentials

/// A client's wish to speak WebSocket, checked; RFC 6455, 4.2.1.
public struct Handshake: Sendable {
    /// The client's key, to be answered with its digest.
    public let key: String
    /// The subprotocols offered, in the client's order of preference.
    public let subprotocols: [String]
    /// The extensions offered, in the client's order of preference.
    public let extensions: [ExtensionOffer]

    /// Whether a request asks for WebSocket at all.
    public static func isAsked(by request: Request) -> Bool {
        request.headers.contains("Connection", token: "upgrade")
            && request.headers.contains("Upgrade", token: "websocket")
    }

    /// The answer to a plain request where only WebSocket is spoken.
    public static let upgradeRequired = Problem(
        .upgradeRequired, "upgrade_required", detail: "This address speaks WebSocket, version 13.",
        headers: ["Upgrade": "websocket", "Sec-WebSocket-Version": "13"])

    /// Checks a request, or throws the problem to answer it with.
    public init(_ request: Request) throws(Problem) {
        guard request.method == .get, request.version == .http11, Handshake.isAsked(by: request) else {
            throw Handshake.upgradeRequired
        }
        guard request.headers.values("Sec-WebSocket-Version") == ["13"] else {
            throw Handshake.upgradeRequired
        }
        let keys = request.headers.values("Sec-WebSocket-Key")
        guard keys.count == 1, let key = keys.first, Handshake.isKey(key) else {
            throw Handshake.malformed("Sec-WebSocket-Key")
        }
        self.key = key
        subprotocols = request.headers.list("Sec-WebSocket-Protocol")
        guard let extensions = ExtensionOffer.list(request.headers.values("Sec-WebSocket-Extensions")) else {
            throw Handshake.malformed("Sec-WebSocket-Extensions")
        }
        self.extensions = extensions
        guard subprotocols.allSatisfy({ Token.isValid($0.utf8) }),
            Set(subprotocols).count == subprotocols.count
        else { throw Handshake.malformed("Sec-WebSocket-Protocol") }
    }

    /// Chooses `name` where it is offered, nothing where nothing is offered, and refuses other lists.
    ///
    /// A browser fails the connection when none of its offers is chosen; a 400 says so sooner.
    public func selecting(_ name: String) throws(Problem) -> String? {
        guard !subprotocols.isEmpty else { return nil }
        guard subprotocols.contains(name) else {
            throw Problem(.badRequest, "subprotocol_not_supported", detail: "Offer \(name).")
        }
        return name
    }

    /// The 101 that opens the WebSocket.
    public func response(
        subprotocol: String? = nil, compression: CompressionAgreement? = nil
    ) -> Response {
        var headers: Headers = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": Handshake.accept(key),
        ]
        headers["Sec-WebSocket-Protocol"] = subprotocol
        headers["Sec-WebSocket-Extensions"] = compression?.response
        return Response(status: .switchingProtocols, headers: headers)
    }

    /// The answer to a key: the digest of it and a fixed text (4.2.2).
    public static func accept(_ key: String) -> String {
        let text = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: 20)
        EVP_Digest(text, text.count, &digest, nil, EVP_sha1(), nil)
        return Data(digest).base64EncodedString()
    }

    private static func isKey(_ key: String) -> Bool {
        key.utf8.count == 24 && Data(base64Encoded: key)?.count == 16
    }

    private static func malformed(_ field: String) -> Problem {
        Problem(.badRequest, "malformed_handshake", detail: field)
    }
}
