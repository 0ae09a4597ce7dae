import FoundationEssentials

/// The one way a part of a token becomes a value, and back.
enum TokenCoding {
    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], orElse reason: TokenError.Reason
    ) throws(TokenError) -> Value {
        do {
            try StrictJSON.check(bytes)
        } catch {
            switch error {
            case .duplicateMember: throw .invalid(.duplicateMember)
            case .syntax: throw .invalid(.malformed)
            }
        }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .invalid(reason)
        }
    }

    /// Sorted and without escaped slashes, so that equal values have equal bytes.
    static func encode(_ value: some Encodable) throws(TokenError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw .invalid(.claims)
        }
    }
}
