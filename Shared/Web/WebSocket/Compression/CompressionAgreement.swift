/// What client and server have agreed on for permessage-deflate; pure, after RFC 7692, 7.1.
///
/// Neither side keeps a context from message to message: so no connection holds a window or a dictionary, and what is
/// compressed once fits every receiver.
public struct CompressionAgreement: Sendable, Hashable {
    /// How large a window the server's messages may use: the client's inflater has 2 to this power of bytes.
    public let windowBits: Int
    private let isWindowNamed: Bool

    /// Takes the first offer that can be kept; `nil` where there is none, and nothing is compressed then.
    public init?(answering offers: [ExtensionOffer]) {
        guard let agreement = offers.lazy.compactMap(Self.init(accepting:)).first else { return nil }
        self = agreement
    }

    /// The value of the answer's `Sec-WebSocket-Extensions`.
    ///
    /// Both promises may be made unasked (7.1.1). `client_max_window_bits` is never set: our one inflater takes
    /// the largest window, which is what a client uses that is told nothing.
    public var response: String {
        let window = isWindowNamed ? "; server_max_window_bits=\(windowBits)" : ""
        return "permessage-deflate; server_no_context_takeover; client_no_context_takeover\(window)"
    }

    /// Declines what is unknown, named twice, or has a value that it must not have (7.1).
    private init?(accepting offer: ExtensionOffer) {
        guard offer.name == "permessage-deflate",
            Set(offer.parameters.map(\.name)).count == offer.parameters.count
        else { return nil }
        var asked: Int?
        for parameter in offer.parameters {
            switch parameter.name {
            case "server_no_context_takeover", "client_no_context_takeover":
                guard parameter.value == nil else { return nil }
            case "client_max_window_bits":
                guard parameter.value.map({ Self.windowBits($0) != nil }) ?? true else { return nil }
            case "server_max_window_bits":
                // zlib makes no raw deflate for a window of 256 bytes: such an offer cannot be kept.
                guard let bits = parameter.value.flatMap(Self.windowBits), bits > 8 else { return nil }
                asked = bits
            default: return nil
            }
        }
        windowBits = asked ?? 15
        isWindowNamed = asked != nil
    }

    /// 8 to 15, in decimal without a leading zero (7.1.2).
    private static func windowBits(_ text: String) -> Int? {
        guard let bits = Int(text), (8...15).contains(bits), "\(bits)" == text else { return nil }
        return bits
    }
}
