import Bus
import Schema
import Web

/// What an operator asks of the policies: `{"policies":{"member":{"messages":10,"seconds":60},"bot":null}}`.
///
/// Roles that are not named keep theirs; `null` takes a role's own policy away.
struct PolicyChange: Equatable {
    var replaced: [String: LimitPolicy] = [:]
    var removed: [String] = []

    /// How many roles one request may name.
    static let maxRoles = 64

    /// Reads a body, or throws a problem that names every member at fault.
    init(_ body: JSONValue) throws(Problem) {
        guard let policies = body["policies"] else {
            throw .invalidFields([FieldError("policies", "required")])
        }
        guard let policies = policies.object else {
            throw .invalidFields([FieldError("policies", "wrong_type")])
        }
        guard policies.count <= PolicyChange.maxRoles else {
            throw .invalidFields([FieldError("policies", "too_many")])
        }
        var errors: [FieldError] = []
        for (role, value) in policies.sorted(by: { $0.key < $1.key }) {
            read(role, value, &errors)
        }
        guard errors.isEmpty else { throw .invalidFields(errors) }
    }

    private mutating func read(_ role: String, _ value: JSONValue, _ errors: inout [FieldError]) {
        guard PolicyChange.isRole(role) else {
            // The name is a stranger's text of any length: it is not repeated.
            return errors.append(
                FieldError("policies", "invalid", message: "A role is [a-z][a-z0-9_-]{0,31}."))
        }
        guard !value.isNull else { return removed.append(role) }
        let field = "policies.\(role)"
        guard value.object != nil else { return errors.append(FieldError(field, "wrong_type")) }
        let messages = number(value["messages"], in: LimitPolicy.messagesRange, "\(field).messages", &errors)
        let seconds = number(value["seconds"], in: LimitPolicy.secondsRange, "\(field).seconds", &errors)
        if let messages, let seconds {
            replaced[role] = LimitPolicy(messages: messages, seconds: seconds)
        }
    }

    private func number(
        _ value: JSONValue?, in range: ClosedRange<Int>, _ field: String, _ errors: inout [FieldError]
    ) -> Int? {
        guard let value else {
            errors.append(FieldError(field, "required"))
            return nil
        }
        guard let number = value.int.flatMap({ Int(exactly: $0) }) else {
            errors.append(FieldError(field, "wrong_type"))
            return nil
        }
        guard range.contains(number) else {
            let message = "From \(range.lowerBound) to \(range.upperBound)."
            errors.append(FieldError(field, "out_of_range", message: message))
            return nil
        }
        return number
    }

    private static func isRole(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...32).contains(bytes.count), let first = bytes.first, isLetter(first) else { return false }
        return bytes.allSatisfy { byte in
            isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}
