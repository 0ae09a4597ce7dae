/// The words by which operators switch something on or off; the first pair is how we write it.
enum Switch {
    private static let words = [("on", "off"), ("true", "false"), ("yes", "no"), ("1", "0")]

    /// What is accepted, for people.
    static let help = words.map { "\($0) or \($1)" }.joined(separator: ", ")

    static func text(_ value: Bool) -> String { value ? words[0].0 : words[0].1 }

    /// In upper or lower case.
    static func parse(_ text: String) -> Bool? {
        let text = text.lowercased()
        guard let pair = words.first(where: { $0 == text || $1 == text }) else { return nil }
        return text == pair.0
    }
}

/// A number of bytes with an optional binary unit.
enum ByteCount {
    private static let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]

    static func parse(_ text: String) -> Int? {
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let number = Int(text.dropLast(unit.count)) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: factor)
            return overflow ? nil : product
        }
        return Int(text)
    }
}
