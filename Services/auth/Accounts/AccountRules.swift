import Schema
import Web

/// What may be registered.
enum AccountRules {
    static let passwordLength = 8...256
    static let nameLength = 1...64

    /// What is wrong with a password that somebody wants.
    static func problems(ofPassword password: String, field: String = "password") -> [FieldError] {
        // scrypt fills short passwords up with zeros (RFC 2104): at their end they would be worth nothing.
        if password.unicodeScalars.contains("\0") { return [FieldError(field, "invalid")] }
        // The same on each keyboard, however it puts characters together.
        let count = PasswordText.normalized(password).unicodeScalars.count
        return problem(of: count, within: passwordLength).map {
            [FieldError(field, $0)]
        } ?? []
    }

    /// What is wrong with a name that people shall see.
    static func problems(ofName name: String, within length: ClosedRange<Int> = nameLength) -> [FieldError] {
        if name.unicodeScalars.contains(where: isDeceptive) { return [FieldError("name", "invalid")] }
        let isBlank = name.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint
        }
        let count = isBlank ? 0 : name.unicodeScalars.count
        return problem(of: count, within: length).map { [FieldError("name", $0)] } ?? []
    }

    /// A name that somebody else has given out, made one of ours.
    static func fit(_ name: String, orElse fallback: String) -> String {
        problems(ofName: name).isEmpty ? name : fallback
    }

    /// Controls, and what turns the direction of all the text that follows a name (UAX 9, section 2).
    private static func isDeceptive(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x202A...0x202E, 0x2066...0x2069: true
        default: scalar.properties.generalCategory == .control
        }
    }

    private static func problem(of count: Int, within range: ClosedRange<Int>) -> String? {
        if count < range.lowerBound { return "too_short" }
        return count > range.upperBound ? "too_long" : nil
    }
}

extension String {
    /// Whether this can be the name of a role.
    var isWord: Bool {
        (1...64).contains(utf8.count) && utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
