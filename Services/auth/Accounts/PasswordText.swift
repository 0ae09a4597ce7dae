// The standard library normalises for its own comparisons, and shows that by this interface only. Foundation has a public
// one, and brings 40 MB of tables for languages with it.
@_spi(_Unicode) import Swift

/// A password as it is hashed, however a keyboard has put it together: the profile OpaqueString of RFC 8265, section 4.2.
///
/// macOS may send `é` as a letter and an accent, Windows as one character; which space a keyboard has depends on its
/// language. What cannot be in a password is asked elsewhere (`AccountRules`).
enum PasswordText {
    /// More scalars than the longest password has, put together as loosely as can be: four for each.
    ///
    /// Marks are put into order in a time that grows with the square of their number: 64 KiB of them held a loop for 0.3 s.
    private static let most = 4 * AccountRules.passwordLength.upperBound

    /// The text in normalization form C, each space of another kind a plain one; what is too long for any password, as it
    /// came.
    static func normalized(_ password: String) -> String {
        guard !password.utf8.allSatisfy({ $0 < 0x80 }), password.unicodeScalars.count <= most else {
            return password
        }
        var mapped = String.UnicodeScalarView()
        for scalar in password.unicodeScalars {
            mapped.append(scalar.properties.generalCategory == .spaceSeparator ? " " : scalar)
        }
        var normalized = String.UnicodeScalarView()
        for scalar in String(mapped)._nfc { normalized.append(scalar) }
        return String(normalized)
    }
}
