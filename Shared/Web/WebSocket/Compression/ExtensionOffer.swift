/// One extension that a client offers, with its parameters as they stand; RFC 6455, 9.1.
public struct ExtensionOffer: Sendable, Hashable {
    /// A parameter: a name, and a value where one stands.
    public struct Parameter: Sendable, Hashable {
        /// The name, as written.
        public let name: String
        /// The value without its quotes, or `nil` where there is none.
        public let value: String?

        /// Makes a parameter.
        public init(_ name: String, _ value: String? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// The extension's name, as written.
    public let name: String
    /// Its parameters, in order.
    public let parameters: [Parameter]

    /// Makes an offer.
    public init(_ name: String, _ parameters: [Parameter] = []) {
        self.name = name
        self.parameters = parameters
    }

    /// Reads the lines of a `Sec-WebSocket-Extensions` field, in the client's order of preference.
    ///
    /// `nil` where one breaks the grammar: the handshake fails then, as no guess at an offer is safe.
    public static func list(_ lines: [String]) -> [ExtensionOffer]? {
        var offers: [ExtensionOffer] = []
        for line in lines {
            var reader = OfferReader(line)
            guard let found = reader.list() else { return nil }
            offers += found
        }
        return offers
    }
}

/// Reads offers off one line.
private struct OfferReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ line: String) { bytes = Array(line.utf8) }

    /// Elements of a list may be empty, and are left out (RFC 9110, 5.6.1).
    mutating func list() -> [ExtensionOffer]? {
        var offers: [ExtensionOffer] = []
        repeat {
            skipBlanks()
            if !isAtEnd, next != UInt8(ascii: ",") {
                guard let offer = offer() else { return nil }
                offers.append(offer)
            }
        } while take(",")
        return isAtEnd ? offers : nil
    }

    private mutating func offer() -> ExtensionOffer? {
        guard let name = token() else { return nil }
        var parameters: [ExtensionOffer.Parameter] = []
        while take(";") {
            guard let parameter = parameter() else { return nil }
            parameters.append(parameter)
        }
        return ExtensionOffer(name, parameters)
    }

    private mutating func parameter() -> ExtensionOffer.Parameter? {
        guard let name = token() else { return nil }
        guard take("=") else { return ExtensionOffer.Parameter(name) }
        skipBlanks()
        guard let value = next == UInt8(ascii: "\"") ? quoted() : token() else { return nil }
        return ExtensionOffer.Parameter(name, value)
    }

    private mutating func token() -> String? {
        skipBlanks()
        return text(bytes[place...].prefix { Token.isValid(CollectionOfOne($0)) })
    }

    /// What is within the quotes must be a token too, once its backslashes are gone.
    private mutating func quoted() -> String? {
        place += 1
        var value: [UInt8] = []
        while let byte = next {
            place += 1
            if byte == UInt8(ascii: "\"") {
                return Token.isValid(value) ? String(decoding: value, as: UTF8.self) : nil
            }
            guard byte == UInt8(ascii: "\\") else {
                value.append(byte)
                continue
            }
            guard let escaped = next else { return nil }
            value.append(escaped)
            place += 1
        }
        return nil
    }

    private mutating func text(_ found: ArraySlice<UInt8>) -> String? {
        place += found.count
        return found.isEmpty ? nil : String(decoding: found, as: UTF8.self)
    }

    private var isAtEnd: Bool { place == bytes.count }
    private var next: UInt8? { isAtEnd ? nil : bytes[place] }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard next == UInt8(ascii: mark) else { return false }
        place += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { place += 1 }
    }
}
